//! Kubeconfig files: TLS, client certificates, and settings that are refused.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fanion::tls::provider;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::server::WebPkiClientVerifier;
use tokio_rustls::TlsAcceptor;

use crate::support::server::certificates::CertificateAuthority;
use crate::support::sources::kube_api::KubeApi;
use crate::support::sources::kube_api::follow_kubeconfig;
use crate::support::sources::kube_api::object;
use crate::support::sources::kube_api::patient_settings;
use crate::support::sources::kube_api::write_kubeconfig;
use crate::support::sources::settings;
use crate::support::sources::tcp_proxy::tls_proxy;
use crate::support::temp_dir::TempDir;

/// Accepts clients with a certificate of the authority.
fn acceptor_for_clients(authority: &CertificateAuthority) -> TlsAcceptor {
    let certificates = |pem: &str| {
        let all = CertificateDer::pem_slice_iter(pem.as_bytes());
        all.map(|read| read.expect("PEM")).collect::<Vec<_>>()
    };
    let (pem, key) = authority.sign("localhost");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates(&authority.pem));
    let provider = provider::crypto_provider();
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(verifier.build().expect("roots"))
        .with_single_cert(certificates(&pem), key)
        .expect("a certificate");
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn server_and_client_prove_who_they_are() {
    let directory = TempDir::new();
    let authority = CertificateAuthority::new();
    let api = KubeApi::start(Some(&object(9, "a"))).await;
    let port = tls_proxy(api.port, acceptor_for_clients(&authority)).await;
    let server = format!("https://localhost:{port}");
    let (certificate, key) = authority.sign("somebody");
    let data = |name: &str, pem: &str| format!("{name}-data: {}", BASE64_STANDARD.encode(pem));
    let (trusted, user) = (
        data("certificate-authority", &authority.pem),
        format!(
            "{}\n    {}",
            data("client-certificate", &certificate),
            data("client-key", &key)
        ),
    );
    let path = write_kubeconfig(directory.path(), &server, &trusted, &user);
    let followed = follow_kubeconfig(path, &settings());
    followed.wait_for_variant("a").await;
    // The same in files, relative to the kubeconfig.
    directory.write("ca.pem", &authority.pem);
    directory.write("client.pem", certificate);
    directory.write("client.key", key);
    let user = "client-certificate: client.pem\n    client-key: client.key";
    let path = write_kubeconfig(
        directory.path(),
        &server,
        "certificate-authority: ca.pem",
        user,
    );
    follow_kubeconfig(path, &settings())
        .wait_for_variant("a")
        .await;
    // Without a client certificate, and with another authority.
    let path = write_kubeconfig(directory.path(), &server, &trusted, "token: hush");
    follow_kubeconfig(path, &settings())
        .wait_for_error(0, "ertificate")
        .await;
    let other = data("certificate-authority", &CertificateAuthority::new().pem);
    let path = write_kubeconfig(directory.path(), &server, &other, user);
    follow_kubeconfig(path, &settings())
        .wait_for_error(0, "invalid peer certificate")
        .await;
}

/// Lines of a cluster, lines of a user, and the error.
const UNSUPPORTED: [(&str, &str, &str); 6] = [
    (
        "insecure-skip-tls-verify: true",
        "token: a",
        "line 9, column 31: `insecure-skip-tls-verify` is not supported",
    ),
    (
        "tls-server-name: x",
        "token: a",
        "`tls-server-name` is not supported",
    ),
    (
        "proxy-url: http://p",
        "token: a",
        "`proxy-url` is not supported: set HTTPS_PROXY",
    ),
    (
        "",
        "exec: {command: x}",
        "`exec` is not supported: use `tokenFile`",
    ),
    ("", "username: x", "`username` is not supported"),
    ("", "as: x", "`as` is not supported"),
];

const MISTAKES: [(&str, &str, &str); 7] = [
    (
        "",
        "token: [hush]",
        "line 13, column 12: `token` is an array, expected a string",
    ),
    (
        "certificate-authority-data: hush-",
        "token: a",
        "`certificate-authority-data` is not valid base64",
    ),
    (
        "certificate-authority-data: aHVzaA==",
        "token: a",
        "`certificate-authority` contains no certificate",
    ),
    (
        "certificate-authority: missing.pem",
        "token: a",
        "missing.pem: No such file",
    ),
    (
        "",
        "client-key-data: aHVzaA==",
        "`client-key` has no `client-certificate`",
    ),
    (
        "",
        "client-certificate-data: aHVzaA==",
        "`client-certificate` has no `client-key`",
    ),
    (
        "",
        "token: 'hush\n",
        "line 15, column 1: not valid YAML or JSON",
    ),
];

/// Whole files, and the error.
const MALFORMED: [(&str, &str); 4] = [
    ("{}", "`current-context` is not set"),
    ("current-context: a", "`contexts` has no `a`"),
    (
        "current-context: a\ncontexts: [{name: b}, {name: a}]",
        "line 2, column 23: `a` has no `context`",
    ),
    (
        "current-context: a\ncontexts: [{name: a, context: {cluster: b}}]\nclusters: [{name: b, cluster: {server: 'ftp://x'}}]",
        "`server` has the scheme ftp:",
    ),
];

#[tokio::test]
async fn mistakes_and_unsupported_settings_are_located() {
    for (cluster, user, why) in UNSUPPORTED.into_iter().chain(MISTAKES) {
        let directory = TempDir::new();
        let path = write_kubeconfig(directory.path(), "https://localhost", cluster, user);
        let followed = follow_kubeconfig(path, &patient_settings());
        followed.wait_for_error(0, why).await;
    }
    for (text, why) in MALFORMED {
        let directory = TempDir::new();
        let path = directory.write("kubeconfig", text);
        let followed = follow_kubeconfig(path, &patient_settings());
        followed.wait_for_error(0, why).await;
    }
}
