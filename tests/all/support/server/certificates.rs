//! A certificate authority for tests, and TLS servers and clients that use it.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use fanion::http_client::tls;
use fanion::serve::ServeConfig;
use fanion::serve::listen::tls::ReloadableTlsConfig;
use fanion::serve::listen::tls::TlsPaths;
use fanion::tls::provider;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject as _;
use rustls::sign::CertifiedKey;
use rustls::sign::SingleCertAndKey;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::TlsConnector;

use crate::support::server;
use crate::support::server::Server;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::ONE_FLAG;
use crate::support::temp_dir::write_file;

/// A certificate authority.
pub struct CertificateAuthority {
    pub pem: String,
    pub issuer: Issuer<'static, KeyPair>,
}

impl CertificateAuthority {
    pub fn new() -> CertificateAuthority {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        let issuer = Issuer::new(params, key);
        CertificateAuthority { pem, issuer }
    }

    /// A certificate and its key, in PEM.
    pub fn sign(&self, name: &str) -> (String, String) {
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    /// A certificate that expired in 2020, and its key, in PEM.
    pub fn sign_expired(&self, name: &str) -> (String, String) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    /// A client that trusts this authority, with the TLS library's own verification.
    pub fn client(&self, identity: Option<(String, String)>) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("PEM");
        roots.add(root).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain =
                    vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM")];
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
                builder
                    .with_client_auth_cert(chain, key)
                    .expect("a matching key")
            }
        };
        TlsConnector::from(Arc::new(config))
    }
}

pub fn write_certificate(directory: &Path, authority: &CertificateAuthority) -> TlsPaths {
    let (certificate, key) = authority.sign("localhost");
    TlsPaths {
        certificate: write_file(directory, "cert.pem", &certificate),
        key: write_file(directory, "key.pem", &key),
        client_ca: None,
    }
}

pub async fn serve_tls(directory: &Path, paths: TlsPaths) -> Server {
    let tls = ReloadableTlsConfig::load(paths).expect("certificates");
    serve_tls_config(directory, Arc::new(tls)).await
}

pub async fn serve_tls_config(directory: &Path, tls: Arc<ReloadableTlsConfig>) -> Server {
    let flags = write_file(directory, "flags.json", ONE_FLAG);
    let listeners = server::listeners(Some(tls)).await;
    server::start_on(&flags, ServeConfig::default(), listeners).await
}

/// A client over TLS.
pub async fn connect_tls(
    connector: &TlsConnector,
    port: u16,
    version: HttpVersion,
) -> std::io::Result<HttpClient> {
    let socket = TcpStream::connect(("127.0.0.1", port)).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    Ok(HttpClient::over(connector.connect(name, socket).await?, version).await)
}

/// The parameters of a certificate for `localhost` with `CA:TRUE`, as `openssl req -x509` makes it.
pub fn openssl_req_params() -> CertificateParams {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A self-signed certificate and its key, in PEM.
pub fn self_signed(params: &CertificateParams) -> (String, String) {
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    (certificate.pem(), key.serialize_pem())
}

/// A certificate with a key, which need not match it.
pub fn certified_key((certificate, key): &(String, String)) -> Arc<SingleCertAndKey> {
    let chain =
        CertificateDer::pem_slice_iter(certificate.as_bytes()).map(|read| read.expect("PEM"));
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
    let key = provider::crypto_provider()
        .key_provider
        .load_private_key(key);
    let key = CertifiedKey::new(chain.collect(), key.expect("a key"));
    Arc::new(SingleCertAndKey::from(key))
}

/// A TLS server with a certificate and key.
pub fn acceptor(identity: &(String, String)) -> TlsAcceptor {
    let mut config = server_config(identity);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// A TLS server that does not negotiate a protocol.
pub fn acceptor_without_alpn(identity: &(String, String)) -> TlsAcceptor {
    TlsAcceptor::from(Arc::new(server_config(identity)))
}

fn server_config(identity: &(String, String)) -> rustls::ServerConfig {
    rustls::ServerConfig::builder_with_provider(provider::crypto_provider())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_cert_resolver(certified_key(identity))
}

/// A client as sources are, which trusts a certificate in PEM.
pub fn source_client(ca: &Path, identity: Option<&(String, String)>) -> TlsConnector {
    let trust = tls::load_ca_file(ca).expect("a certificate");
    let builder = tls::config_builder(trust).expect("versions");
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => builder.with_client_cert_resolver(certified_key(identity)),
    };
    TlsConnector::from(Arc::new(config))
}

/// Writes a self-signed certificate for `localhost`. Returns its path and a TLS acceptor that uses it.
pub fn write_ca_and_acceptor(directory: &Path) -> (PathBuf, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let path = directory.join("ca.pem");
    std::fs::write(&path, made.cert.pem()).expect("a file");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a pair");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (path, TlsAcceptor::from(Arc::new(config)))
}
