//! `ClusterConfig`: the address of the API server, the certificates that are trusted, and the credentials.

use std::fmt;
use std::path::PathBuf;

use http::HeaderValue;
use reqwest::Url;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;

use crate::http_client::tls;
use crate::http_client::tls::TlsError;
use crate::source::error::kubernetes::KubernetesError;
use crate::tls::provider;
use crate::tls::trust_store::TrustStore;

/// The connection to an API server.
pub struct ClusterConfig {
    /// The file or directory that gives it, for error messages.
    pub path: PathBuf,
    /// The URL of the server; it may have a path.
    pub server: Url,
    /// The trusted authorities; `None` for those of the system.
    pub trust: Option<TrustStore>,
    /// The client certificate and its key.
    pub identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    /// The bearer token.
    pub token: BearerCredential,
}

/// The bearer token of requests.
pub enum BearerCredential {
    /// None.
    Absent,
    /// A fixed token, as the value of `Authorization`.
    Fixed(HeaderValue),
    /// A file that is read for each request: tokens of service accounts are replaced every hour.
    File(PathBuf),
}

// Without credentials.
impl fmt::Debug for ClusterConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterConfig")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl ClusterConfig {
    /// Returns the TLS configuration of clients.
    ///
    /// # Errors
    /// If the system trusts no authority, or the client certificate cannot be used.
    pub fn tls_config(&mut self) -> Result<ClientConfig, KubernetesError> {
        let trust = match self.trust.take() {
            Some(trust) => trust,
            None if self.server.scheme() == "https" => tls::system_roots()?,
            None => TrustStore::empty(),
        };
        let builder = tls::config_builder(trust).map_err(TlsError::Unsupported)?;
        let Some((chain, key)) = self.identity.take() else {
            return Ok(builder.with_no_client_auth());
        };
        builder.with_client_auth_cert(chain, key).map_err(|error| {
            let why = provider::describe_error(error);
            let why = format!("cannot use the client certificate with its key: {why}");
            KubernetesError::Config(self.path.clone(), why)
        })
    }
}

/// Returns the `Authorization` for a token, without white space around it; `None` if it cannot be sent.
pub fn authorization(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim())).ok()?;
    value.set_sensitive(true);
    Some(value)
}
