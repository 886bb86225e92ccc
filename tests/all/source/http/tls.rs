//! TLS certificates of an HTTP source.

use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::server::certificates::CertificateAuthority;
use crate::support::server::certificates::acceptor;
use crate::support::server::certificates::openssl_req_params;
use crate::support::server::certificates::self_signed;
use crate::support::server::certificates::write_ca_and_acceptor;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::tcp_proxy::tls_proxy;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn https_requires_a_certificate_trusted_by_the_system() {
    let directory = TempDir::new();
    let (ca, acceptor) = write_ca_and_acceptor(directory.path());
    let plain = HttpUpstream::start(|_| document_response("a")).await;
    let port = tls_proxy(plain.port, acceptor).await;
    let uri = format!("https://localhost:{port}/flags.json");
    let mut command = daemon::command(directory.path(), &["--uri", &uri]);
    command.env("SSL_CERT_FILE", &ca);
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(command);
        daemon.wait_for_reload();
        daemon
    });
    drop(daemon.await.expect("the flags are loaded"));
    let mut command = daemon::command(directory.path(), &["--uri", &uri, "--fail-fast"]);
    let elsewhere = TempDir::new();
    let (other, _) = write_ca_and_acceptor(elsewhere.path());
    command.env("SSL_CERT_FILE", &other);
    let output = tokio::task::spawn_blocking(move || command.output().expect("the program runs"));
    let output = output.await.expect("no panic");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(told.contains("certificate"), "{told}");
}

#[tokio::test]
async fn self_signed_authority_in_the_system_store_is_trusted() {
    let directory = TempDir::new();
    let identity = self_signed(&openssl_req_params());
    let store = format!("{}{}", CertificateAuthority::new().pem, identity.0);
    let store = directory.write("store.pem", store);
    let plain = HttpUpstream::start(|_| document_response("a")).await;
    let port = tls_proxy(plain.port, acceptor(&identity)).await;
    let uri = format!("https://localhost:{port}/flags.json");
    let mut command = daemon::command(directory.path(), &["--uri", &uri]);
    command.env("SSL_CERT_FILE", &store);
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(command);
        daemon.wait_for_reload();
    });
    daemon.await.expect("the flags are loaded");
}
