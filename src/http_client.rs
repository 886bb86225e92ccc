//! HTTP clients with and without TLS, built on first use: certificate authorities take memory.

pub mod tls;

use std::error::Error;
use std::fmt;

use reqwest::Client;
use reqwest::Url;
use reqwest::redirect::Policy;
use rustls::RootCertStore;

use crate::error_chain;
use crate::http_client::tls::TlsError;

/// The clients for `http:` and `https:` URLs, each built on first use.
#[derive(Debug, Default)]
pub struct HttpClients {
    http: Option<Client>,
    https: Option<Client>,
}

/// A reason why there is no client.
#[derive(Debug)]
pub enum HttpClientError {
    /// There is no TLS configuration.
    Tls(TlsError),
    /// The client cannot be built.
    Build(reqwest::Error),
}

impl fmt::Display for HttpClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HttpClientError::Tls(error) => error.fmt(f),
            HttpClientError::Build(error) => f.write_str(&error_chain::format_chain(error)),
        }
    }
}

impl Error for HttpClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            HttpClientError::Tls(error) => error.source(),
            HttpClientError::Build(error) => error.source(),
        }
    }
}

impl HttpClients {
    /// Returns the client for a URL.
    ///
    /// # Errors
    /// If the system trusts no certificate authority.
    pub fn client(&mut self, url: &Url) -> Result<Client, HttpClientError> {
        let (slot, roots) = if url.scheme() == "https" {
            (&mut self.https, tls::system_roots as fn() -> _)
        } else {
            (&mut self.http, (|| Ok(RootCertStore::empty())) as fn() -> _)
        };
        if let Some(client) = slot {
            return Ok(client.clone());
        }
        let config = roots().and_then(tls::client_config);
        let client = Client::builder()
            .user_agent(concat!("fanion/", env!("CARGO_PKG_VERSION")))
            // Redirects are followed by hand: credentials must not go to another host.
            .redirect(Policy::none())
            .pool_max_idle_per_host(1)
            .tls_backend_preconfigured(config.map_err(HttpClientError::Tls)?)
            .build()
            .map_err(HttpClientError::Build)?;
        *slot = Some(client.clone());
        Ok(client)
    }
}
