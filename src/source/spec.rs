//! What a source is: what it is called, what kind it is, and how it is reached.
//!
//! Two spellings lead here: a `--uri`, and an entry of `--sources`. Nothing here reads a file or opens a socket. What an
//! operator may not want to see in a log is never printed: neither by `Debug` nor by [`Spec::redacted`].

mod entry;
mod field;
mod list;
mod render;
mod service;
mod target;
mod web;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::HeaderValue;
use reqwest::Url;

pub use crate::source::spec::list::from_node;
pub use crate::source::spec::list::list;
pub use crate::source::spec::render::veiled;
pub use crate::source::spec::target::Dial;
pub use crate::source::spec::target::Target;

/// A source as the operator names it.
#[derive(Clone)]
pub struct Spec {
    /// What selectors call it: the path of a file, HOST:PORT for `grpc(s)://`, otherwise the URI as it was written.
    pub name: Arc<str>,
    /// What logs and metrics call it: the name without what may be secret in it.
    pub label: Arc<str>,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of sources.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A file, the files of a directory, or those that match a glob.
    File(PathBuf),
    /// A document behind a URL, asked for again and again.
    Http(Box<Http>),
    /// A flag sync service, which sends documents by itself.
    Grpc(Box<Grpc>),
}

/// How a document is fetched over HTTP.
#[derive(Clone)]
pub struct Http {
    /// Where it is.
    pub url: Url,
    /// The `Authorization` of each request.
    pub authorization: Option<HeaderValue>,
    /// Headers that win over all others.
    pub headers: HeaderMap,
    /// The time between two requests.
    pub interval: Duration,
    /// What tells apart the replicas, so that they do not all ask at once.
    pub seed: Box<str>,
    /// How long a request and its answer may take.
    pub timeout: Duration,
    /// Where tokens come from.
    pub oauth: Option<OAuth>,
}

/// OAuth 2 client credentials.
#[derive(Clone)]
pub struct OAuth {
    /// Where tokens are to be had.
    pub token_url: Url,
    /// Who asks.
    pub credentials: Credentials,
}

/// Where the client's name and its secret come from.
#[derive(Clone)]
pub enum Credentials {
    /// They were given.
    Given {
        /// The client's name.
        id: Box<str>,
        /// Its secret.
        secret: Box<str>,
    },
    /// They are in the files `client-id` and `client-secret` of a directory.
    Folder {
        /// The directory.
        path: PathBuf,
        /// After how long they are read again.
        reload: Duration,
    },
}

/// How a flag sync service is reached.
#[derive(Clone)]
pub struct Grpc {
    /// Where it is.
    pub target: Target,
    /// Whether the connection is encrypted.
    pub security: Security,
    /// How this process calls itself.
    pub provider_id: String,
    /// The flags that are wanted.
    pub selector: String,
    /// The largest message in bytes.
    pub max_message: usize,
    /// Metadata of the call.
    pub headers: HeaderMap,
    /// Whether a message was meant to replace only the flag sets that it names.
    pub incremental: bool,
}

/// Whether and how a connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// It is not.
    Plain,
    /// With a certificate that the system trusts.
    System,
    /// With a certificate that one of the authorities in this PEM file vouches for.
    Authority(PathBuf),
}

impl Spec {
    /// Reads a `--uri`.
    ///
    /// # Errors
    /// A sentence for the operator, if the text names no source that this program has.
    pub fn from_uri(text: &str) -> Result<Spec, String> {
        entry::from_uri(text)
    }

    /// The file, directory or glob at `path`.
    pub fn file(path: impl Into<PathBuf>) -> Spec {
        let path = path.into();
        let name: Arc<str> = path.to_string_lossy().into();
        Spec {
            label: name.clone(),
            name,
            kind: Kind::File(path),
        }
    }

    /// The source as an entry of `--sources`, secrets replaced by `[redacted]`.
    pub fn redacted(&self) -> String {
        render::entry(self)
    }
}

impl Kind {
    /// The kind in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::File(_) => "file",
            Kind::Http(_) => "http",
            Kind::Grpc(_) => "grpc",
        }
    }
}

impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = render::url(&self.url);
        f.debug_struct("Http")
            .field("url", &url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = render::url(&self.token_url);
        f.debug_struct("OAuth")
            .field("token_url", &url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Grpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grpc")
            .field("target", &self.target)
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}
