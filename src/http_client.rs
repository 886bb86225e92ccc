//! HTTP clients with and without TLS, built on first use: certificate authorities take memory.

pub mod proxy;
pub mod tls;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use reqwest::Client;
use reqwest::ClientBuilder;
use reqwest::Proxy;
use reqwest::Url;
use reqwest::redirect::Policy;
use rustls::ClientConfig;

use crate::error_chain;
use crate::http_client::proxy::ProxyError;
use crate::http_client::proxy::ProxyServer;
use crate::http_client::proxy::ProxySettings;
use crate::http_client::tls::TlsError;
use crate::tls::trust_store::TrustStore;

/// The clients for `http:` and `https:` URLs, each built on first use.
#[derive(Debug)]
pub struct HttpClients {
    proxies: Arc<ProxySettings>,
    http: Option<Client>,
    https: Option<Client>,
}

/// A reason why there is no client.
#[derive(Debug)]
pub enum HttpClientError {
    /// There is no TLS configuration.
    Tls(TlsError),
    /// The proxy cannot be used.
    Proxy(ProxyError),
    /// The client cannot be built.
    Build(reqwest::Error),
}

impl fmt::Display for HttpClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HttpClientError::Tls(error) => error.fmt(f),
            HttpClientError::Proxy(error) => error.fmt(f),
            HttpClientError::Build(error) => f.write_str(&error_chain::format_chain(error)),
        }
    }
}

impl Error for HttpClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            HttpClientError::Tls(error) => error.source(),
            HttpClientError::Proxy(error) => error.source(),
            HttpClientError::Build(error) => error.source(),
        }
    }
}

impl HttpClients {
    /// Clients that use these proxies.
    pub fn new(proxies: ProxySettings) -> HttpClients {
        HttpClients {
            proxies: Arc::new(proxies),
            http: None,
            https: None,
        }
    }

    /// Returns the client for a URL.
    ///
    /// # Errors
    /// If the system trusts no certificate authority, or the proxy for the URL cannot be used.
    pub fn client(&mut self, url: &Url) -> Result<Client, HttpClientError> {
        self.proxies.of_url(url).map_err(HttpClientError::Proxy)?;
        let secure = url.scheme() == "https";
        let (slot, roots) = if secure {
            (&mut self.https, tls::system_roots as fn() -> _)
        } else {
            (&mut self.http, (|| Ok(TrustStore::empty())) as fn() -> _)
        };
        if let Some(client) = slot {
            return Ok(client.clone());
        }
        let config = roots().and_then(tls::client_config);
        let config = config.map_err(HttpClientError::Tls)?;
        let builder = client_builder(config, secure, &self.proxies);
        let client = builder.build().map_err(HttpClientError::Build)?;
        *slot = Some(client.clone());
        Ok(client)
    }
}

/// Returns the builder of a client with this TLS configuration, for `https:` URLs if it is `secure`, or else for `http:`.
pub fn client_builder(
    config: ClientConfig,
    secure: bool,
    proxies: &Arc<ProxySettings>,
) -> ClientBuilder {
    let builder = Client::builder()
        .user_agent(concat!("fanion/", env!("CARGO_PKG_VERSION")))
        // Redirects are followed by hand: credentials must not go to another host.
        .redirect(Policy::none())
        .pool_max_idle_per_host(1)
        .tls_backend_preconfigured(config);
    match proxies.server(secure) {
        Some(server) => builder.proxy(reqwest_proxy(server, proxies.clone())),
        None => builder,
    }
}

/// Returns the proxy of a client, which may also request URLs that need none.
fn reqwest_proxy(server: &ProxyServer, settings: Arc<ProxySettings>) -> Proxy {
    let proxy = Proxy::custom(move |url| {
        let server = settings.of_url(url).ok().flatten();
        server.map(|server| server.url.clone())
    });
    match &server.authorization {
        Some(header) => proxy.custom_http_auth(header.clone()),
        None => proxy,
    }
}
