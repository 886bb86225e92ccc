//! `Endpoint`: a receiver of webhooks, by its name.

use std::path::Path;

use reqwest::Url;

use crate::control::webhook::signature::SigningKeys;
use crate::regular_file;

/// The largest file with secrets, in bytes.
const MAX_FILE: u64 = 64 * 1024;

/// A receiver of webhooks.
#[derive(Debug)]
pub struct Endpoint {
    /// The name in options, routes, records and metrics.
    pub name: String,
    /// The URL, which may contain a secret and is not shown.
    pub url: Url,
    /// The secrets.
    pub keys: SigningKeys,
}

impl Endpoint {
    /// Returns an endpoint whose secrets are in a file.
    ///
    /// # Errors
    /// If the URL is not one of HTTP, or the file is invalid.
    pub fn load(name: &str, url: &str, secrets: &Path) -> Result<Endpoint, String> {
        let url = Url::parse(url).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let url = url.ok_or_else(|| {
            format!("webhook `{name}`: its URL must begin with https:// or http:// and have a host")
        })?;
        let shown = secrets.display();
        let in_file = |why: String| format!("webhook `{name}`: cannot use {shown}: {why}");
        let text = regular_file::read_text(secrets, MAX_FILE);
        let text = text.map_err(|error| in_file(error.to_string()))?;
        Ok(Endpoint {
            name: name.to_owned(),
            url,
            keys: SigningKeys::parse(&text).map_err(in_file)?,
        })
    }
}
