//! `HttpSpec`: the options of an HTTP source, with OAuth client credentials.

pub mod parse;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use http::HeaderMap;
use http::HeaderValue;
use reqwest::Url;

use crate::source::spec::redact_url::redact_parsed_url;

/// The options of an HTTP source.
#[derive(Clone)]
pub struct HttpSpec {
    /// The URL of the document.
    pub url: Url,
    /// The `Authorization` of each request.
    pub authorization: Option<HeaderValue>,
    /// Headers that win over all others.
    pub headers: HeaderMap,
    /// The time between two polls.
    pub interval: Duration,
    /// The seed that spreads the polls of replicas over the interval.
    pub interval_seed: Box<str>,
    /// The time limit of a request and its response.
    pub timeout: Duration,
    /// The source of access tokens.
    pub oauth: Option<OAuthSpec>,
}

/// OAuth 2 client credentials.
#[derive(Clone)]
pub struct OAuthSpec {
    /// The token endpoint.
    pub token_url: Url,
    /// The client's ID and secret.
    pub credentials: OAuthCredentials,
}

/// The origin of the client's ID and secret.
#[derive(Clone)]
pub enum OAuthCredentials {
    /// They are part of the configuration.
    Inline {
        /// The client's ID.
        id: Box<str>,
        /// Its secret.
        secret: Box<str>,
    },
    /// They are in the files `client-id` and `client-secret` of a directory.
    Directory {
        /// The directory.
        path: PathBuf,
        /// The time after which they are read again.
        reload_interval: Duration,
    },
}

impl fmt::Debug for HttpSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = redact_parsed_url(&self.url);
        f.debug_struct("HttpSpec")
            .field("url", &url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OAuthSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = redact_parsed_url(&self.token_url);
        f.debug_struct("OAuthSpec")
            .field("token_url", &url)
            .finish_non_exhaustive()
    }
}
