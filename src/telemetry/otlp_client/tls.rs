//! The TLS configuration of the client of the collector, from PEM files.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

use crate::error_chain::format_chain;
use crate::telemetry::config::OtlpEndpoint;

/// Returns the configuration with trusted roots and the client certificate. System roots are loaded only for
/// TLS without a CA file.
pub fn tls_config(target: &OtlpEndpoint, secure: bool) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = &target.ca_path {
        for certificate in read_certificates(path)? {
            let added = roots.add(certificate);
            added.map_err(|error| format!("{}: {error}", path.display()))?;
        }
    } else if secure {
        let native = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(native.certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| format_chain(&e))?
        .with_root_certificates(roots);
    let Some((certificate, key)) = &target.client_cert_and_key else {
        return Ok(config.with_no_client_auth());
    };
    let chain = read_certificates(certificate)?;
    let read = PrivateKeyDer::from_pem_file(key);
    let read = read.map_err(|error| format!("{}: {error}", key.display()))?;
    config
        .with_client_auth_cert(chain, read)
        .map_err(|error| format!("{}: {error}", certificate.display()))
}

fn read_certificates(path: &std::path::Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let read = CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))?;
    let read: Result<Vec<_>, _> = read.collect();
    let read = read.map_err(|error| wrong(&error))?;
    if read.is_empty() {
        return Err(wrong(&"the file contains no certificate"));
    }
    Ok(read)
}
