//! Classifies the errors of sources: DNS, connection, TLS, timeout, and so on. The kind is a metric label and a log
//! field.

use std::error::Error;
use std::fmt;
use std::io;

use crate::error_chain;
use crate::http_client::tls::TlsError;

/// The kind of an error of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceErrorKind {
    /// A host name cannot be resolved.
    Dns,
    /// A connection was refused, reset, or cannot be made.
    Connect,
    /// A TLS handshake failed, or there is no certificate authority.
    Tls,
    /// A time limit passed.
    Timeout,
    /// An HTTP response has an error status, or breaks the protocol.
    Http,
    /// A gRPC call failed for a reason without a more specific kind.
    Grpc,
    /// A redirect cannot be followed.
    Redirect,
    /// A token cannot be obtained.
    OAuth,
    /// A document is larger than the limit.
    TooLarge,
    /// A file or URL does not exist.
    NotFound,
    /// A file or directory cannot be read.
    Io,
    /// A document has an unknown format, or is invalid.
    Parse,
    /// The task of the source panicked.
    Panic,
}

impl SourceErrorKind {
    /// Returns the kind as written in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            SourceErrorKind::Dns => "dns",
            SourceErrorKind::Connect => "connect",
            SourceErrorKind::Tls => "tls",
            SourceErrorKind::Timeout => "timeout",
            SourceErrorKind::Http => "http",
            SourceErrorKind::Grpc => "grpc",
            SourceErrorKind::Redirect => "redirect",
            SourceErrorKind::OAuth => "oauth",
            SourceErrorKind::TooLarge => "too_large",
            SourceErrorKind::NotFound => "not_found",
            SourceErrorKind::Io => "io",
            SourceErrorKind::Parse => "parse",
            SourceErrorKind::Panic => "panic",
        }
    }

    /// Returns the kind of an error while a file or directory is read.
    pub fn of_file(error: &io::Error) -> SourceErrorKind {
        match error.kind() {
            io::ErrorKind::NotFound => SourceErrorKind::NotFound,
            io::ErrorKind::FileTooLarge => SourceErrorKind::TooLarge,
            io::ErrorKind::TimedOut => SourceErrorKind::Timeout,
            _ => SourceErrorKind::Io,
        }
    }

    /// Returns the kind of a network error: the kind of the innermost cause that has one.
    pub fn of_network(error: &(dyn Error + 'static)) -> Option<SourceErrorKind> {
        let causes: Vec<_> = error_chain::chain(error).collect();
        causes.into_iter().rev().find_map(of_cause)
    }
}

/// A host name cannot be resolved. Wraps the error of the resolver, for which `io::ErrorKind` has no variant.
#[derive(Debug)]
pub struct DnsError(pub io::Error);

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for DnsError {}

fn of_cause(error: &(dyn Error + 'static)) -> Option<SourceErrorKind> {
    if error.is::<rustls::Error>() || error.is::<TlsError>() {
        return Some(SourceErrorKind::Tls);
    }
    if error.is::<DnsError>() {
        return Some(SourceErrorKind::Dns);
    }
    if let Some(error) = error.downcast_ref::<reqwest::Error>() {
        return of_reqwest(error);
    }
    if error
        .downcast_ref::<hyper::Error>()
        .is_some_and(hyper::Error::is_timeout)
    {
        return Some(SourceErrorKind::Timeout);
    }
    error.downcast_ref::<io::Error>().and_then(of_socket)
}

fn of_reqwest(error: &reqwest::Error) -> Option<SourceErrorKind> {
    if error.is_dns() {
        return Some(SourceErrorKind::Dns);
    }
    if error.is_timeout() {
        return Some(SourceErrorKind::Timeout);
    }
    error.is_connect().then_some(SourceErrorKind::Connect)
}

fn of_socket(error: &io::Error) -> Option<SourceErrorKind> {
    match error.kind() {
        io::ErrorKind::TimedOut => Some(SourceErrorKind::Timeout),
        io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NotConnected
        // The path of a Unix socket.
        | io::ErrorKind::NotFound
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::UnexpectedEof => Some(SourceErrorKind::Connect),
        _ => None,
    }
}
