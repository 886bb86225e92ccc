//! TLS to a telemetry collector.

use std::path::Path;
use std::path::PathBuf;

use fanion::telemetry::config::OtlpEndpoint;
use fanion::telemetry::config::otlp_protocol::OtlpProtocol;
use fanion::telemetry::otlp_client::OtlpClient;

use crate::support::server::certificates::acceptor;
use crate::support::server::certificates::openssl_req_params;
use crate::support::server::certificates::self_signed;
use crate::support::server::p521::P521Key;
use crate::support::server::p521::SignatureDigest;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::tcp_proxy::tls_proxy;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;

/// Sends a message to a collector with this certificate, which is also `--otel-ca-path`.
async fn send(
    directory: &Path,
    identity: &(String, String),
    client_cert_and_key: Option<(PathBuf, PathBuf)>,
) -> Result<(), String> {
    let collector = HttpUpstream::start(|_| http_response("200 OK", &[], "")).await;
    let port = tls_proxy(collector.port, acceptor(identity)).await;
    let ca_path = directory.join("ca.pem");
    std::fs::write(&ca_path, &identity.0).expect("a file");
    let endpoint = OtlpEndpoint {
        uri: format!("https://localhost:{port}/v1/traces")
            .parse()
            .expect("a URI"),
        protocol: OtlpProtocol::Http,
        headers: Vec::new(),
        timeout: DEADLINE,
        ca_path: Some(ca_path),
        client_cert_and_key,
        reload_interval: DEADLINE,
    };
    OtlpClient::new(endpoint, "traces")
        .send(b"x".to_vec())
        .await
}

#[tokio::test]
async fn self_signed_and_p521_certificates_of_collectors_are_trusted() {
    let directory = TempDir::new();
    let params = openssl_req_params();
    let key = P521Key::new(7, SignatureDigest::Sha256);
    let p521 = (key.self_signed(&params), key.pkcs8_pem());
    let client = (
        directory.write("client.pem", &p521.0),
        directory.write("client-key.pem", &p521.1),
    );
    for identity in [self_signed(&params), p521] {
        let sent = send(directory.path(), &identity, Some(client.clone())).await;
        sent.expect("the collector is trusted");
    }
}

#[tokio::test]
async fn unsupported_client_key_for_the_collector_is_named() {
    let directory = TempDir::new();
    let identity = self_signed(&openssl_req_params());
    let client = (
        directory.write("client.pem", &identity.0),
        directory.write(
            "client-key.pem",
            "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
        ),
    );
    let error = send(directory.path(), &identity, Some(client))
        .await
        .expect_err("a damaged key");
    assert!(
        error.contains("client-key.pem") && error.contains("supported are RSA keys"),
        "{error}"
    );
}
