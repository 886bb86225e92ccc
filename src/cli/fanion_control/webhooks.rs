//! The endpoints of webhooks, from options, and the dispatchers that send to them.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::fanion_control::options::StartOptions;
use crate::control::environment::Environment;
use crate::control::environment::journal::Journal;
use crate::control::store::StoreReader;
use crate::control::webhook::dispatcher::Dispatcher;
use crate::control::webhook::endpoint::Endpoint;

/// The most endpoints.
const MAX_ENDPOINTS: usize = 16;

/// Loads the endpoints: each has a URL and a file with its secrets.
///
/// # Errors
/// If one of the two is missing or invalid, or an endpoint is named twice.
pub fn load(options: &StartOptions) -> Result<Vec<Arc<Endpoint>>, String> {
    let (urls, files) = (&options.webhook, &options.webhook_secret_path);
    if urls.len() > MAX_ENDPOINTS {
        return Err(format!(
            "{} webhooks; at most {MAX_ENDPOINTS} are allowed",
            urls.len()
        ));
    }
    check_names("--webhook", urls.iter().map(|(name, _)| name))?;
    check_names("--webhook-secret-path", files.iter().map(|(name, _)| name))?;
    if let Some((name, _)) = files
        .iter()
        .find(|(name, _)| !urls.iter().any(|(known, _)| known == name))
    {
        return Err(format!(
            "--webhook-secret-path names `{name}`, for which there is no --webhook"
        ));
    }
    urls.iter()
        .map(|(name, url)| endpoint(name, url, files))
        .collect()
}

fn endpoint(name: &str, url: &str, files: &[(String, PathBuf)]) -> Result<Arc<Endpoint>, String> {
    let file = files.iter().find(|(known, _)| known == name);
    let (_, file) = file.ok_or_else(|| {
        format!("webhook `{name}` needs --webhook-secret-path {name}=FILE: messages are signed")
    })?;
    Endpoint::load(name, url, file).map(Arc::new)
}

fn check_names<'n>(option: &str, names: impl Iterator<Item = &'n String>) -> Result<(), String> {
    let mut names: Vec<&String> = names.collect();
    names.sort();
    let mut pairs = names.windows(2);
    match pairs.find(|pair| pair.first() == pair.last()) {
        Some([name, ..]) => Err(format!("{option} names `{name}` twice")),
        _ => Ok(()),
    }
}

/// Returns a dispatcher for each endpoint and environment.
///
/// # Errors
/// If the store cannot be read.
pub fn dispatchers(
    endpoints: &[Arc<Endpoint>],
    environments: &[Arc<Environment>],
    reader: &Arc<dyn StoreReader>,
    journal: &Journal,
) -> Result<Vec<Arc<Dispatcher>>, String> {
    let mut dispatchers = Vec::new();
    for endpoint in endpoints {
        for environment in environments {
            let (reader, journal) = (reader.clone(), journal.clone());
            let loaded = Dispatcher::load(endpoint.clone(), environment.clone(), reader, journal);
            dispatchers.push(Arc::new(loaded.map_err(|error| error.to_string())?));
        }
    }
    Ok(dispatchers)
}
