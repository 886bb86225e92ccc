//! The TLS configuration of the client of the collector, from PEM files.

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::error_chain::format_chain;
use crate::http_client::tls::config_builder;
use crate::limits;
use crate::regular_file;
use crate::telemetry::config::OtlpEndpoint;
use crate::tls::private_key;
use crate::tls::provider;
use crate::tls::trust_store::TrustStore;

/// Returns the configuration with trusted roots and the client certificate. System roots are loaded only for
/// TLS without a CA file.
pub fn tls_config(target: &OtlpEndpoint, secure: bool) -> Result<ClientConfig, String> {
    let mut trust = TrustStore::empty();
    if let Some(path) = &target.ca_path {
        for certificate in read_certificates(path)? {
            let added = trust.add(certificate);
            added.map_err(|error| format!("{}: {error}", path.display()))?;
        }
    } else if secure {
        let native = rustls_native_certs::load_native_certs();
        trust.add_for_servers(native.certs);
    }
    let config = config_builder(trust).map_err(|error| format_chain(&error))?;
    let Some((certificate, key)) = &target.client_cert_and_key else {
        return Ok(config.with_no_client_auth());
    };
    let chain = read_certificates(certificate)?;
    let pem = regular_file::read(key, limits::PEM_FILE);
    let pem = pem.map_err(|error| format!("{}: {error}", key.display()))?;
    let read = private_key::parse(&pem).map_err(|error| format!("{}: {error}", key.display()))?;
    config.with_client_auth_cert(chain, read).map_err(|error| {
        let (certificate, key) = (certificate.display(), key.display());
        let why = provider::describe_error(error);
        format!("cannot use certificate `{certificate}` with key `{key}`: {why}")
    })
}

fn read_certificates(path: &std::path::Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let pem = regular_file::read(path, limits::PEM_FILE).map_err(|error| wrong(&error))?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let read = read.map_err(|error| wrong(&error))?;
    if read.is_empty() {
        return Err(wrong(&"the file contains no certificate"));
    }
    Ok(read)
}
