//! `GrpcSpec`: the options of a gRPC source, with its target and encryption.

pub mod parse;
pub mod target;

use std::fmt;
use std::path::PathBuf;

use http::HeaderMap;

use crate::source::spec::grpc::target::GrpcTarget;

/// The options of a gRPC source.
#[derive(Clone)]
pub struct GrpcSpec {
    /// The address and authority of the service.
    pub target: GrpcTarget,
    /// The encryption of the connection.
    pub tls: TlsMode,
    /// The provider ID that this process sends.
    pub provider_id: String,
    /// The selector of the flags.
    pub selector: String,
    /// The largest message in bytes.
    pub max_message_bytes: usize,
    /// Metadata of the call.
    pub headers: HeaderMap,
    /// True if `incrementalUpdates` is set, by which a message would replace only the flag sets that it names. Has no
    /// effect.
    pub incremental: bool,
}

/// The encryption of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsMode {
    /// None.
    Plaintext,
    /// TLS with a certificate that the system trusts.
    SystemRoots,
    /// TLS with a certificate signed by an authority in this PEM file.
    CaFile(PathBuf),
}

impl fmt::Debug for GrpcSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcSpec")
            .field("target", &self.target)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}
