//! TLS certificates of an HTTP source.

use crate::support::server::certificates::write_ca_and_acceptor;
use crate::support::sources::tcp_proxy::tls_proxy;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn https_requires_a_certificate_trusted_by_the_system() {
    let directory = TempDir::new();
    let (ca, acceptor) = write_ca_and_acceptor(directory.path());
    let plain = crate::support::sources::http_upstream::HttpUpstream::start(|_| {
        crate::support::sources::http_upstream::document_response("a")
    })
    .await;
    let port = tls_proxy(plain.port, acceptor).await;
    let uri = format!("https://localhost:{port}/flags.json");
    let mut command = crate::support::program::daemon::command(directory.path(), &["--uri", &uri]);
    command.env("SSL_CERT_FILE", &ca);
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = crate::support::program::daemon::Daemon::spawn(command);
        daemon.wait_for_reload();
        daemon
    });
    drop(daemon.await.expect("the flags are loaded"));
    let mut command =
        crate::support::program::daemon::command(directory.path(), &["--uri", &uri, "--fail-fast"]);
    let elsewhere = TempDir::new();
    let (other, _) = write_ca_and_acceptor(elsewhere.path());
    command.env("SSL_CERT_FILE", &other);
    let output = tokio::task::spawn_blocking(move || command.output().expect("the program runs"));
    let output = output.await.expect("no panic");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(told.contains("certificate"), "{told}");
}
