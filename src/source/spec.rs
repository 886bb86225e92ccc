//! What a source is: what it is called, what kind it is, and how it is reached.
//!
//! Two spellings lead here: a `--uri`, and an entry of `--sources`. Nothing here reads a file or opens a socket. What an
//! operator may not want to see in a log is never printed: neither by `Debug` nor by [`SourceSpec::to_redacted_json`].

mod parse_entry;
mod field_reader;
mod parse_list;
mod redact;
mod parse_grpc;
mod grpc_target;
mod parse_http;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::HeaderValue;
use reqwest::Url;

pub use crate::source::spec::grpc_target::DialAddress;
pub use crate::source::spec::grpc_target::GrpcTarget;
pub use crate::source::spec::parse_list::list_from_node;
pub use crate::source::spec::parse_list::parse_list;
pub use crate::source::spec::redact::redact_url;

/// A source as the operator names it.
#[derive(Clone)]
pub struct SourceSpec {
    /// What selectors call it: the path of a file, HOST:PORT for `grpc(s)://`, otherwise the URI as it was written.
    pub name: Arc<str>,
    /// What logs and metrics call it: the name without what may be secret in it.
    pub redacted_name: Arc<str>,
    /// What it is.
    pub kind: SourceKind,
}

/// The kinds of sources.
#[derive(Debug, Clone)]
pub enum SourceKind {
    /// A file, the files of a directory, or those that match a glob.
    File(PathBuf),
    /// A document behind a URL, asked for again and again.
    Http(Box<HttpSpec>),
    /// A flag sync service, which sends documents by itself.
    Grpc(Box<GrpcSpec>),
}

/// How a document is fetched over HTTP.
#[derive(Clone)]
pub struct HttpSpec {
    /// Where it is.
    pub url: Url,
    /// The `Authorization` of each request.
    pub authorization: Option<HeaderValue>,
    /// Headers that win over all others.
    pub headers: HeaderMap,
    /// The time between two requests.
    pub interval: Duration,
    /// What tells apart the replicas, so that they do not all ask at once.
    pub interval_seed: Box<str>,
    /// How long a request and its answer may take.
    pub timeout: Duration,
    /// Where tokens come from.
    pub oauth: Option<OAuthSpec>,
}

/// OAuth 2 client credentials.
#[derive(Clone)]
pub struct OAuthSpec {
    /// Where tokens are to be had.
    pub token_url: Url,
    /// Who asks.
    pub credentials: OAuthCredentials,
}

/// Where the client's name and its secret come from.
#[derive(Clone)]
pub enum OAuthCredentials {
    /// They were given.
    Inline {
        /// The client's name.
        id: Box<str>,
        /// Its secret.
        secret: Box<str>,
    },
    /// They are in the files `client-id` and `client-secret` of a directory.
    Directory {
        /// The directory.
        path: PathBuf,
        /// After how long they are read again.
        reload_interval: Duration,
    },
}

/// How a flag sync service is reached.
#[derive(Clone)]
pub struct GrpcSpec {
    /// Where it is.
    pub target: GrpcTarget,
    /// Whether the connection is encrypted.
    pub tls: TlsMode,
    /// How this process calls itself.
    pub provider_id: String,
    /// The flags that are wanted.
    pub selector: String,
    /// The largest message in bytes.
    pub max_message_bytes: usize,
    /// Metadata of the call.
    pub headers: HeaderMap,
    /// Whether a message was meant to replace only the flag sets that it names.
    pub incremental: bool,
}

/// Whether and how a connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsMode {
    /// It is not.
    Plaintext,
    /// With a certificate that the system trusts.
    SystemRoots,
    /// With a certificate that one of the authorities in this PEM file vouches for.
    CaFile(PathBuf),
}

impl SourceSpec {
    /// Reads a `--uri`.
    ///
    /// # Errors
    /// A sentence for the operator, if the text names no source that this program has.
    pub fn from_uri(text: &str) -> Result<SourceSpec, String> {
        parse_entry::from_uri(text)
    }

    /// The file, directory or glob at `path`.
    pub fn from_path(path: impl Into<PathBuf>) -> SourceSpec {
        let path = path.into();
        let name: Arc<str> = path.to_string_lossy().into();
        SourceSpec {
            redacted_name: name.clone(),
            name,
            kind: SourceKind::File(path),
        }
    }

    /// The source as an entry of `--sources`, secrets replaced by `[redacted]`.
    pub fn to_redacted_json(&self) -> String {
        redact::to_json(self)
    }
}

impl SourceKind {
    /// The kind in one word.
    pub fn as_str(&self) -> &'static str {
        match self {
            SourceKind::File(_) => "file",
            SourceKind::Http(_) => "http",
            SourceKind::Grpc(_) => "grpc",
        }
    }
}

impl fmt::Debug for SourceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_redacted_json())
    }
}

impl fmt::Debug for HttpSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = redact::redact_parsed_url(&self.url);
        f.debug_struct("Http")
            .field("url", &url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OAuthSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = redact::redact_parsed_url(&self.token_url);
        f.debug_struct("OAuth")
            .field("token_url", &url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for GrpcSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grpc")
            .field("target", &self.target)
            .field("security", &self.tls)
            .finish_non_exhaustive()
    }
}
