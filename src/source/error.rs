//! `SourceError`: a reason why a source delivers no document, with its kind and its cause.

pub mod kind;
pub mod kubernetes;
pub mod object_store;

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::StatusCode;
use tonic::Code;
use tonic::Status;

use crate::error_chain;
use crate::http_client::HttpClientError;
use crate::http_client::proxy::ProxyError;
use crate::http_client::tls::TlsError;
use crate::source::error::kind::SourceErrorKind;
use crate::source::error::kubernetes::KubernetesError;
use crate::source::error::object_store::ObjectStoreError;

/// A reason why a source delivers no document. `Display` is one line for the operator.
#[derive(Debug)]
pub enum SourceError {
    /// The document is invalid: its first error.
    InvalidDocument(String),
    /// A file or directory cannot be read.
    Io(io::Error),
    /// A read of files has not finished within this time.
    Stalled(Duration),
    /// A directory or glob names no flag file.
    NoFlagFiles,
    /// A file is larger than this many bytes.
    FileTooLarge(u64),
    /// A response is larger than this many bytes.
    ResponseTooLarge(u64),
    /// A response was not complete within this time.
    ResponseTimeout(Duration),
    /// A response has no body.
    EmptyResponse,
    /// A response has this content encoding, which is not supported.
    ContentEncoding(String),
    /// A compressed response cannot be decompressed.
    Decompression(io::Error),
    /// A response has an error status.
    HttpStatus(StatusCode),
    /// A request cannot be sent, or its response cannot be received.
    Http(reqwest::Error),
    /// There is no HTTP client.
    HttpClient(HttpClientError),
    /// A redirect leads to something that is not a URL.
    InvalidRedirect,
    /// More redirects than this.
    TooManyRedirects(usize),
    /// The content type names no format of documents; `None` if there is no content type.
    MediaType(Option<String>),
    /// A file with OAuth credentials cannot be read.
    Credentials(PathBuf, io::Error),
    /// The token endpoint returned no token.
    Token(Box<SourceError>),
    /// The token endpoint returned an error status.
    TokenStatus(StatusCode),
    /// The response of the token endpoint is invalid.
    TokenResponse(&'static str),
    /// There is no connection to a sync service.
    Dial(DialError),
    /// A sync stream failed.
    SyncStream(Status),
    /// A sync stream ended before its first message.
    SyncStreamEnded,
    /// A sync stream sent nothing within this time.
    SyncStreamSilent(Duration),
    /// The definitions have a schema version that this release does not read: the message.
    SchemaVersion(String),
    /// The Kubernetes API returned no resource.
    Kubernetes(KubernetesError),
    /// An object store returned no object.
    ObjectStore(ObjectStoreError),
    /// The task of the source panicked with this message.
    TaskPanicked(String),
    /// The task of a network source returned, which it never should.
    TaskEnded,
}

/// A reason why there is no connection to a sync service.
#[derive(Debug)]
pub enum DialError {
    /// There is no TLS configuration.
    Tls(TlsError),
    /// The proxy cannot be used.
    Proxy(ProxyError),
    /// The connection cannot be made.
    Transport(tonic::transport::Error),
    /// The connection was not made within this time.
    Timeout(Duration),
}

impl SourceError {
    /// Returns the kind of the error.
    pub fn kind(&self) -> SourceErrorKind {
        match self {
            SourceError::InvalidDocument(_)
            | SourceError::EmptyResponse
            | SourceError::SchemaVersion(_)
            | SourceError::MediaType(_) => SourceErrorKind::Parse,
            SourceError::Io(error) => SourceErrorKind::of_file(error),
            SourceError::FileTooLarge(_) | SourceError::ResponseTooLarge(_) => {
                SourceErrorKind::TooLarge
            }
            SourceError::Stalled(_)
            | SourceError::ResponseTimeout(_)
            | SourceError::SyncStreamSilent(_)
            | SourceError::Dial(DialError::Timeout(_)) => SourceErrorKind::Timeout,
            SourceError::NoFlagFiles
            | SourceError::HttpStatus(StatusCode::NOT_FOUND | StatusCode::GONE) => {
                SourceErrorKind::NotFound
            }
            SourceError::HttpStatus(_)
            | SourceError::ContentEncoding(_)
            | SourceError::Decompression(_)
            | SourceError::HttpClient(HttpClientError::Build(_)) => SourceErrorKind::Http,
            SourceError::Http(error) => {
                SourceErrorKind::of_network(error).unwrap_or(SourceErrorKind::Http)
            }
            SourceError::HttpClient(HttpClientError::Tls(_))
            | SourceError::Dial(DialError::Tls(_)) => SourceErrorKind::Tls,
            SourceError::HttpClient(HttpClientError::Proxy(_))
            | SourceError::Dial(DialError::Proxy(_)) => SourceErrorKind::Connect,
            SourceError::InvalidRedirect | SourceError::TooManyRedirects(_) => {
                SourceErrorKind::Redirect
            }
            SourceError::Credentials(..)
            | SourceError::Token(_)
            | SourceError::TokenStatus(_)
            | SourceError::TokenResponse(_) => SourceErrorKind::OAuth,
            SourceError::Dial(DialError::Transport(error)) => {
                SourceErrorKind::of_network(error).unwrap_or(SourceErrorKind::Connect)
            }
            SourceError::SyncStream(status) => kind_of_status(status),
            SourceError::SyncStreamEnded => SourceErrorKind::Grpc,
            SourceError::Kubernetes(error) => error.kind(),
            SourceError::ObjectStore(error) => error.kind(),
            SourceError::TaskPanicked(_) | SourceError::TaskEnded => SourceErrorKind::Panic,
        }
    }

    /// Returns true if the source has a document that is invalid.
    pub fn is_invalid_document(&self) -> bool {
        matches!(self, SourceError::InvalidDocument(_))
    }
}

fn kind_of_status(status: &Status) -> SourceErrorKind {
    let fallback = match status.code() {
        // A message above `maxMsgSize`, as tonic reports it.
        Code::OutOfRange => SourceErrorKind::TooLarge,
        // One that is larger only when decompressed.
        Code::ResourceExhausted if status.message().contains("while decompressing") => {
            SourceErrorKind::TooLarge
        }
        Code::DeadlineExceeded => SourceErrorKind::Timeout,
        _ => SourceErrorKind::Grpc,
    };
    SourceErrorKind::of_network(status).unwrap_or(fallback)
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceError::InvalidDocument(why) | SourceError::SchemaVersion(why) => f.write_str(why),
            SourceError::Io(error) => error.fmt(f),
            SourceError::Stalled(limit) => {
                write!(f, "a read of its files has not finished within {limit:?}")
            }
            SourceError::NoFlagFiles => f.write_str("no flag files (.yaml, .yml or .json)"),
            SourceError::FileTooLarge(limit) => write!(f, "larger than {limit} bytes"),
            SourceError::ResponseTooLarge(limit) => {
                write!(f, "the response is larger than {limit} bytes")
            }
            SourceError::ResponseTimeout(limit) => {
                write!(f, "no complete response within {limit:?}")
            }
            SourceError::EmptyResponse => f.write_str("the response is empty"),
            SourceError::ContentEncoding(encoding) => {
                write!(
                    f,
                    "unsupported content encoding `{encoding}`: gzip is supported"
                )
            }
            SourceError::Decompression(error) => {
                write!(f, "cannot decompress the response: {error}")
            }
            SourceError::HttpStatus(status) => write!(f, "error fetching from url: {status}"),
            SourceError::Http(error) => f.write_str(&error_chain::format_chain(error)),
            SourceError::HttpClient(error) => error.fmt(f),
            SourceError::InvalidRedirect => f.write_str("the server redirects to an invalid URL"),
            SourceError::TooManyRedirects(limit) => write!(f, "stopped after {limit} redirects"),
            SourceError::MediaType(media) => write_media_type(f, media.as_deref()),
            SourceError::Credentials(path, error) => {
                write!(
                    f,
                    "cannot read OAuth credentials: {}: {error}",
                    path.display()
                )
            }
            SourceError::Token(error) => write!(f, "no token from the token endpoint: {error}"),
            SourceError::TokenStatus(status) => status.fmt(f),
            SourceError::TokenResponse(why) => f.write_str(why),
            SourceError::Dial(error) => write!(f, "error receiving flags: {error}"),
            SourceError::SyncStream(status) => {
                write!(f, "error receiving flags: {}", reason(status))
            }
            SourceError::SyncStreamEnded => {
                f.write_str("the stream ended before it sent any flags")
            }
            SourceError::SyncStreamSilent(limit) => {
                write!(
                    f,
                    "no flags received within {limit:?}; the stream stays open"
                )
            }
            SourceError::Kubernetes(error) => error.fmt(f),
            SourceError::ObjectStore(error) => error.fmt(f),
            SourceError::TaskPanicked(message) => write!(f, "the task panicked: {message}"),
            SourceError::TaskEnded => f.write_str("the task ended"),
        }
    }
}

fn write_media_type(f: &mut fmt::Formatter<'_>, media: Option<&str>) -> fmt::Result {
    match media {
        Some(media) => write!(f, "unsupported file format: '{media}'"),
        None => f.write_str("unable to determine file format: the response has no content type"),
    }
}

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DialError::Tls(error) => f.write_str(&error_chain::format_chain(error)),
            DialError::Proxy(error) => error.fmt(f),
            DialError::Transport(error) => f.write_str(&error_chain::format_chain(error)),
            DialError::Timeout(limit) => write!(f, "no connection within {limit:?}"),
        }
    }
}

/// Returns the reason why a stream ended, in one line.
fn reason(status: &Status) -> String {
    let text = status.message();
    let mut why = if text.is_empty() {
        status.code().to_string()
    } else {
        text.to_owned()
    };
    if let Some(error) = status.source() {
        let more = error_chain::format_chain(error);
        if !why.contains(&more) {
            why = format!("{why}: {more}");
        }
    }
    why.replace(['\n', '\r'], " ")
}

impl Error for SourceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            SourceError::Io(error) => error.source(),
            SourceError::Http(error) => error.source(),
            SourceError::HttpClient(error) => error.source(),
            SourceError::Decompression(error) | SourceError::Credentials(_, error) => Some(error),
            SourceError::Token(error) => Some(&**error),
            SourceError::Dial(error) => error.source(),
            SourceError::SyncStream(status) => Some(status),
            SourceError::Kubernetes(error) => error.source(),
            SourceError::ObjectStore(error) => error.source(),
            _ => None,
        }
    }
}

impl Error for DialError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            DialError::Tls(error) => Some(error),
            DialError::Proxy(error) => Some(error),
            DialError::Transport(error) => Some(error),
            DialError::Timeout(_) => None,
        }
    }
}

impl From<io::Error> for SourceError {
    fn from(error: io::Error) -> SourceError {
        SourceError::Io(error)
    }
}

impl From<HttpClientError> for SourceError {
    fn from(error: HttpClientError) -> SourceError {
        SourceError::HttpClient(error)
    }
}

impl From<reqwest::Error> for SourceError {
    /// The URL is left out: it may contain a secret.
    fn from(error: reqwest::Error) -> SourceError {
        SourceError::Http(error.without_url())
    }
}

impl From<KubernetesError> for SourceError {
    fn from(error: KubernetesError) -> SourceError {
        SourceError::Kubernetes(error)
    }
}

impl From<ObjectStoreError> for SourceError {
    fn from(error: ObjectStoreError) -> SourceError {
        SourceError::ObjectStore(error)
    }
}

impl From<TlsError> for DialError {
    fn from(error: TlsError) -> DialError {
        DialError::Tls(error)
    }
}

impl From<ProxyError> for DialError {
    fn from(error: ProxyError) -> DialError {
        DialError::Proxy(error)
    }
}

impl From<tonic::transport::Error> for DialError {
    fn from(error: tonic::transport::Error) -> DialError {
        DialError::Transport(error)
    }
}
