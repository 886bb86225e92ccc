//! Which servers are trusted. Loaded only where a source needs it.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// The certificate authorities in a PEM file.
///
/// # Errors
/// If it cannot be read, or holds none.
pub fn load_ca_file(path: &Path) -> Result<RootCertStore, String> {
    let name = path.display();
    let bytes =
        std::fs::read(path).map_err(|error| format!("unable to read file {name}: {error}"))?;
    let certificates = CertificateDer::pem_slice_iter(&bytes).filter_map(Result::ok);
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    if roots.is_empty() {
        return Err(format!("invalid certificate provided at path: {name}"));
    }
    Ok(roots)
}

/// The certificate authorities that the system trusts, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
///
/// # Errors
/// If there are none.
pub fn system_roots() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if !roots.is_empty() {
        return Ok(roots);
    }
    let why = found.errors.first().map(ToString::to_string);
    let why = why.unwrap_or_else(|| "no certificate authorities are installed".to_owned());
    Err(format!("no server can be trusted: {why}"))
}

/// A client that trusts servers with certificates from `roots`.
///
/// # Errors
/// If the cryptography library has no version of TLS, which would be a fault in the build.
pub fn client_config(roots: RootCertStore) -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
