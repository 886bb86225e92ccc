//! The HTTP clients of a source. There is one for `http:` and one for `https:`, made when they are needed: certificates
//! take memory.

use reqwest::Client;
use reqwest::Url;
use reqwest::redirect::Policy;
use rustls::RootCertStore;

use crate::source::network::tls;

/// Clients as far as they were needed.
#[derive(Debug, Default)]
pub struct HttpClients {
    http: Option<Client>,
    https: Option<Client>,
}

impl HttpClients {
    /// The client for a URL.
    ///
    /// # Errors
    /// If the system trusts nobody.
    pub fn client(&mut self, url: &Url) -> Result<Client, String> {
        let (slot, roots) = if url.scheme() == "https" {
            (&mut self.https, tls::system_roots as fn() -> _)
        } else {
            (&mut self.http, (|| Ok(RootCertStore::empty())) as fn() -> _)
        };
        if let Some(client) = slot {
            return Ok(client.clone());
        }
        let client = Client::builder()
            .user_agent(concat!("fanion/", env!("CARGO_PKG_VERSION")))
            // Followed by hand: what is secret must not go to another host.
            .redirect(Policy::none())
            .pool_max_idle_per_host(1)
            .tls_backend_preconfigured(tls::client_config(roots()?)?)
            .build()
            .map_err(|error| crate::source::network::error_chain::format_chain(&error))?;
        *slot = Some(client.clone());
        Ok(client)
    }
}
