//! Proxies from `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, by the rules of Go's `golang.org/x/net/http/httpproxy`.

mod no_proxy;

use std::error::Error;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use percent_encoding::percent_decode_str;
use reqwest::Url;

use crate::http_client::proxy::no_proxy::NoProxy;

/// The proxies of the environment.
pub struct ProxySettings {
    http: Option<Result<ProxyServer, ProxyError>>,
    https: Option<Result<ProxyServer, ProxyError>>,
    exceptions: NoProxy,
}

/// A proxy.
#[derive(Clone)]
pub struct ProxyServer {
    /// Its URL, without user and password.
    pub url: Url,
    /// The `Proxy-Authorization` of requests.
    pub authorization: Option<HeaderValue>,
}

/// A proxy variable that cannot be used. Its value is not shown, because it may contain a password.
#[derive(Debug, Clone)]
pub struct ProxyError {
    variable: &'static str,
    reason: String,
}

impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxySettings").finish_non_exhaustive()
    }
}

impl fmt::Debug for ProxyServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyServer")
            .field("url", &self.url.as_str())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot use the proxy of {}: {}",
            self.variable, self.reason
        )
    }
}

impl Error for ProxyError {}

impl ProxySettings {
    /// Returns the proxies of the process's environment.
    pub fn from_env() -> ProxySettings {
        ProxySettings::from_variables(|name| std::env::var(name).ok())
    }

    /// Returns the proxies that the variables name.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> ProxySettings {
        let find = |names: [&'static str; 2]| {
            let value = |name| {
                variable(name)
                    .filter(|value| !value.is_empty())
                    .map(|value| (name, value))
            };
            names.into_iter().find_map(value)
        };
        let server = |names| find(names).map(|(name, value)| ProxyServer::parse(name, &value));
        let exceptions = find(["NO_PROXY", "no_proxy"]);
        ProxySettings {
            http: server(["HTTP_PROXY", "http_proxy"]),
            https: server(["HTTPS_PROXY", "https_proxy"]),
            exceptions: NoProxy::parse(exceptions.as_ref().map_or("", |(_, value)| value)),
        }
    }

    /// Returns the proxy of requests to a URL; `None` if they are sent directly.
    ///
    /// # Errors
    /// If the variable that names the proxy cannot be used.
    pub fn of_url(&self, url: &Url) -> Result<Option<&ProxyServer>, ProxyError> {
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = url.port_or_known_default().unwrap_or_default();
        self.find(url.scheme() == "https", host, port)
    }

    /// Returns the proxy of connections that are not HTTP/1.1 to a host and port. As in gRPC, that is the proxy of
    /// `https:` URLs, with or without TLS.
    ///
    /// # Errors
    /// As [`ProxySettings::of_url`].
    pub fn of_address(&self, host: &str, port: u16) -> Result<Option<&ProxyServer>, ProxyError> {
        self.find(true, host, port)
    }

    /// Returns the proxy of `https:` or `http:` URLs without exceptions.
    pub fn server(&self, secure: bool) -> Option<&ProxyServer> {
        self.variable(secure)?.as_ref().ok()
    }

    fn variable(&self, secure: bool) -> Option<&Result<ProxyServer, ProxyError>> {
        let server = if secure { &self.https } else { &self.http };
        server.as_ref()
    }

    fn find(
        &self,
        secure: bool,
        host: &str,
        port: u16,
    ) -> Result<Option<&ProxyServer>, ProxyError> {
        match self.variable(secure) {
            Some(server) if !self.exceptions.contains(host, port) => {
                server.as_ref().map(Some).map_err(Clone::clone)
            }
            Some(_) | None => Ok(None),
        }
    }
}

impl ProxyServer {
    /// Parses a URL or `HOST:PORT`.
    fn parse(variable: &'static str, text: &str) -> Result<ProxyServer, ProxyError> {
        let error = |reason: &str| {
            let reason = reason.to_owned();
            ProxyError { variable, reason }
        };
        let known = |url: &Url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
        let url = Url::parse(text).ok().filter(known);
        let url = url.or_else(|| {
            // The host of `http://a b` after another prefix would be `http`.
            let bare = Some(text).filter(|text| !text.contains("://"))?;
            Url::parse(&format!("http://{bare}")).ok()
        });
        let mut url = url.ok_or_else(|| error("its value is not a URL or HOST:PORT"))?;
        if url.scheme().starts_with("socks") {
            return Err(error(
                "SOCKS is not supported, only `http://` and `https://`",
            ));
        }
        let authorization =
            authorization(&url).ok_or_else(|| error("its user or password is invalid"))?;
        // These cannot fail: the URL has a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Ok(ProxyServer { url, authorization })
    }

    /// Returns the host, without brackets, and the port.
    pub fn address(&self) -> (&str, u16) {
        let host = self.url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        (host, self.url.port_or_known_default().unwrap_or(80))
    }
}

/// Returns the `Proxy-Authorization` of a URL with a user, if it is valid.
#[expect(clippy::option_option, reason = "no header is not an invalid header")]
fn authorization(url: &Url) -> Option<Option<HeaderValue>> {
    if url.username().is_empty() && url.password().is_none() {
        return Some(None);
    }
    let mut credentials: Vec<u8> = percent_decode_str(url.username()).collect();
    credentials.push(b':');
    credentials.extend(percent_decode_str(url.password().unwrap_or_default()));
    let header = format!("Basic {}", BASE64_STANDARD.encode(credentials));
    let mut header = HeaderValue::from_str(&header).ok()?;
    header.set_sensitive(true);
    Some(Some(header))
}
