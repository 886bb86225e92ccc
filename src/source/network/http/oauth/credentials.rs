//! Loads OAuth client credentials: inline, or from files that are reloaded.

use std::path::Path;
use std::time::Instant;

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

/// Reads the credentials; returns `None` if the `loaded` credentials are recent enough.
///
/// # Errors
/// If a file cannot be read.
pub fn load(
    spec: &OAuthCredentials,
    loaded: Option<&ClientCredentials>,
    now: Instant,
) -> Result<Option<ClientCredentials>, SourceError> {
    let (id, secret) = match (spec, loaded) {
        (OAuthCredentials::Inline { .. }, Some(_)) => return Ok(None),
        (OAuthCredentials::Inline { id, secret }, None) => (id.to_string(), secret.to_string()),
        (
            OAuthCredentials::Directory {
                reload_interval, ..
            },
            Some(loaded),
        ) if now < loaded.read_at + *reload_interval => {
            return Ok(None);
        }
        (OAuthCredentials::Directory { path, .. }, _) => (
            read_secret_file(path, "client-id")?,
            read_secret_file(path, "client-secret")?,
        ),
    };
    Ok(Some(ClientCredentials {
        id,
        secret,
        read_at: now,
    }))
}

fn read_secret_file(directory: &Path, name: &str) -> Result<String, SourceError> {
    let path = directory.join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim_end_matches(['\n', '\r']).to_owned()),
        Err(error) => Err(SourceError::Credentials(path, error)),
    }
}
