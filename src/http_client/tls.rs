//! TLS client configuration: certificate authorities from a file or from the system.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// A reason why there is no TLS configuration.
#[derive(Debug)]
pub enum TlsError {
    /// The file with certificate authorities cannot be read.
    ReadCaFile(PathBuf, io::Error),
    /// The file contains no certificate authority.
    NoCertificates(PathBuf),
    /// The system trusts no certificate authority.
    NoSystemRoots(String),
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
            TlsError::Unsupported(error) => error.fmt(f),
        }
    }
}

impl Error for TlsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            TlsError::ReadCaFile(_, error) => Some(error),
            TlsError::Unsupported(error) => Some(error),
            TlsError::NoCertificates(_) | TlsError::NoSystemRoots(_) => None,
        }
    }
}

/// Reads the certificate authorities in a PEM file.
///
/// # Errors
/// If the file cannot be read, or contains no certificate.
pub fn load_ca_file(path: &Path) -> Result<RootCertStore, TlsError> {
    let bytes =
        std::fs::read(path).map_err(|error| TlsError::ReadCaFile(path.to_owned(), error))?;
    let certificates = CertificateDer::pem_slice_iter(&bytes).filter_map(Result::ok);
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(TlsError::NoCertificates(path.to_owned()));
    }
    Ok(roots)
}

/// Returns the certificate authorities that the system trusts, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
///
/// # Errors
/// If the system trusts no authority.
pub fn system_roots() -> Result<RootCertStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if !roots.is_empty() {
        return Ok(roots);
    }
    let why = found.errors.first().map(ToString::to_string);
    let why = why.unwrap_or_else(|| "none are installed".to_owned());
    Err(TlsError::NoSystemRoots(why))
}

/// Returns the configuration of a client that trusts servers with certificates from `roots`.
///
/// # Errors
/// If the cryptography library supports no version of TLS, which only a faulty build can cause.
pub fn client_config(roots: RootCertStore) -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(TlsError::Unsupported)?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
