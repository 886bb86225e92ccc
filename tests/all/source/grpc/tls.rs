//! TLS of the connection to a flag sync service.

use serde_json::json;

use crate::support::server::certificates::write_ca_and_acceptor;
use crate::support::sources::document;
use crate::support::sources::grpc_upstream::start_grpc_upstream;
use crate::support::sources::grpc_upstream::subscribe;
use crate::support::sources::tcp_proxy::tls_proxy;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn only_the_configured_ca_is_trusted() {
    let directory = TempDir::new();
    let (ca, acceptor) = write_ca_and_acceptor(directory.path());
    let upstream = start_grpc_upstream(&document("a")).await;
    let port = tls_proxy(upstream.server.sync, acceptor).await;
    let secured = json!({"tls": true, "certPath": ca});
    let followed = subscribe(&format!("localhost:{port}"), &secured);
    followed.wait_for_variant("a").await;
    upstream.write(&document("b"));
    followed.wait_for_variant("b").await;

    // The certificate is for another name, and its authority is not trusted by the system.
    let followed = subscribe(&format!("127.0.0.1:{port}"), &secured);
    followed.wait_for_error(0, "certificate").await;
    let other = TempDir::new();
    let (unrelated, _) = write_ca_and_acceptor(other.path());
    let followed = subscribe(
        &format!("localhost:{port}"),
        &json!({"tls": true, "certPath": unrelated}),
    );
    followed.wait_for_error(0, "certificate").await;
    let missing = json!({"tls": true, "certPath": "/nowhere/ca.pem"});
    let followed = subscribe(&format!("localhost:{port}"), &missing);
    followed
        .wait_for_error(0, "unable to read file /nowhere/ca.pem")
        .await;
}
