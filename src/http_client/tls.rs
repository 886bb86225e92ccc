//! TLS client configuration: certificate authorities from a file or from the system.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::ConfigBuilder;
use rustls::client::WantsClientCert;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::limits;
use crate::regular_file;
use crate::tls::provider;
use crate::tls::server_verifier::ServerVerifier;
use crate::tls::trust_store::TrustStore;

/// A reason why there is no TLS configuration.
#[derive(Debug)]
pub enum TlsError {
    /// The file with certificate authorities cannot be read.
    ReadCaFile(PathBuf, io::Error),
    /// The file contains no certificate authority.
    NoCertificates(PathBuf),
    /// The system trusts no certificate authority.
    NoSystemRoots(String),
    /// This host cannot be the name of a TLS server.
    ServerName(String),
    /// The cryptography library supports no version of TLS.
    Unsupported(rustls::Error),
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TlsError::ReadCaFile(path, error) => {
                write!(f, "unable to read file {}: {error}", path.display())
            }
            TlsError::NoCertificates(path) => {
                let path = path.display();
                write!(f, "invalid certificate provided at path: {path}")
            }
            TlsError::NoSystemRoots(why) => write!(f, "no trusted certificate authorities: {why}"),
            TlsError::ServerName(host) => write!(f, "`{host}` is not a valid server name"),
            TlsError::Unsupported(error) => error.fmt(f),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            TlsError::ReadCaFile(_, error) => Some(error),
            TlsError::Unsupported(error) => Some(error),
            TlsError::NoCertificates(_) | TlsError::NoSystemRoots(_) | TlsError::ServerName(_) => {
                None
            }
        }
    }
}

/// Reads the certificate authorities in a PEM file.
///
/// # Errors
/// If the file cannot be read, or contains no certificate.
pub fn load_ca_file(path: &Path) -> Result<TrustStore, TlsError> {
    let bytes = regular_file::read(path, limits::PEM_FILE);
    let bytes = bytes.map_err(|error| TlsError::ReadCaFile(path.to_owned(), error))?;
    parse_ca_pem(&bytes).ok_or_else(|| TlsError::NoCertificates(path.to_owned()))
}

/// Returns the certificate authorities in PEM; `None` if there are none.
pub fn parse_ca_pem(pem: &[u8]) -> Option<TrustStore> {
    let certificates = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
    let mut trust = TrustStore::empty();
    for certificate in certificates {
        // A certificate that is malformed is skipped, as in Go.
        let _ = trust.add(certificate);
    }
    (!trust.roots.is_empty()).then_some(trust)
}

/// Returns the certificate authorities that the system trusts, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
///
/// # Errors
/// If the system trusts no authority.
pub fn system_roots() -> Result<TrustStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut trust = TrustStore::empty();
    trust.add_for_servers(found.certs);
    if !trust.roots.is_empty() {
        return Ok(trust);
    }
    let why = found.errors.first().map(ToString::to_string);
    let why = why.unwrap_or_else(|| "none are installed".to_owned());
    Err(TlsError::NoSystemRoots(why))
}

/// Returns the configuration of a client that trusts servers with certificates from `trust`.
///
/// # Errors
/// If the cryptography library supports no version of TLS, which only a faulty build can cause.
pub fn client_config(trust: TrustStore) -> Result<ClientConfig, TlsError> {
    let builder = config_builder(trust).map_err(TlsError::Unsupported)?;
    Ok(builder.with_no_client_auth())
}

/// Returns a configuration without a client certificate yet.
///
/// # Errors
/// As [`client_config`].
pub fn config_builder(
    trust: TrustStore,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, rustls::Error> {
    let provider = provider::crypto_provider();
    let algorithms = provider.signature_verification_algorithms;
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions()?;
    let verifier = ServerVerifier { trust, algorithms };
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier)))
}
