//! Loads OAuth client credentials: inline, or from files that are reloaded.

use std::path::Path;
use std::time::Instant;

use crate::limits;
use crate::regular_file;
use crate::source::error::SourceError;
use crate::source::spec::OAuthCredentials;

/// The ID and secret of an OAuth client.
pub struct ClientCredentials {
    /// The client's ID.
    pub id: String,
    /// Its secret.
    pub secret: String,
    read_at: Instant,
}

impl ClientCredentials {
    /// Returns true if both are of the same client with the same secret.
    pub fn is_same(&self, other: &ClientCredentials) -> bool {
        self.id == other.id && self.secret == other.secret
    }
}

/// Returns true if the credentials must be read: there are none, or the `loaded` ones are from files and too old.
pub fn is_load_due(
    spec: &OAuthCredentials,
    loaded: Option<&ClientCredentials>,
    now: Instant,
) -> bool {
    match (spec, loaded) {
        (_, None) => true,
        (OAuthCredentials::Inline { .. }, Some(_)) => false,
        (
            OAuthCredentials::Directory {
                reload_interval, ..
            },
            Some(loaded),
        ) => now >= loaded.read_at + *reload_interval,
    }
}

/// Reads the credentials.
///
/// # Errors
/// If a file cannot be read.
pub fn load(spec: &OAuthCredentials, now: Instant) -> Result<ClientCredentials, SourceError> {
    let (id, secret) = match spec {
        OAuthCredentials::Inline { id, secret } => (id.to_string(), secret.to_string()),
        OAuthCredentials::Directory { path, .. } => (
            read_secret_file(path, "client-id")?,
            read_secret_file(path, "client-secret")?,
        ),
    };
    Ok(ClientCredentials {
        id,
        secret,
        read_at: now,
    })
}

fn read_secret_file(directory: &Path, name: &str) -> Result<String, SourceError> {
    let path = directory.join(name);
    match regular_file::read_text(&path, limits::TOKEN_RESPONSE) {
        Ok(text) => Ok(text.trim_end_matches(['\n', '\r']).to_owned()),
        Err(error) => Err(SourceError::Credentials(path, error)),
    }
}
