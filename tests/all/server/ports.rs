//! Protocols that each port speaks.

use fanion::serve::ServeConfig;

use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::FLAG_F;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::RESOLVE_BOOLEAN;
use crate::support::server::rpc::serve_one_flag;

const FETCH: &str = "/flagd.sync.v1.FlagSyncService/FetchAllFlags";

#[tokio::test]
async fn evaluation_ofrep_and_management_speak_http1_and_http2() {
    let (server, _directory) = serve_one_flag(ServeConfig::default()).await;
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        for (port, path, headers) in [
            (server.port, RESOLVE_BOOLEAN, &[JSON][..]),
            (server.ofrep, "/ofrep/v1/evaluate/flags/f", &[]),
            (server.management, "/readyz", &[]),
        ] {
            let mut client = HttpClient::connect(port, version).await;
            let answer = client.post(path, headers, FLAG_F).await;
            assert_eq!(answer.status, 200, "{path} {version:?}");
        }
    }
}

#[tokio::test]
async fn flag_sync_speaks_grpc_only() {
    let (server, _directory) = serve_one_flag(ServeConfig::default()).await;
    let mut client = HttpClient::connect(server.sync, HttpVersion::Http2).await;
    let message = &b"\0\0\0\0\0"[..];
    let answer = client
        .post(FETCH, &["content-type: application/grpc"], message)
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.is_empty()),
        (200, false)
    );
    for other in [
        "application/json",
        "application/proto",
        "application/grpc-web",
        "application/connect+proto",
    ] {
        let content = format!("content-type: {other}");
        assert_eq!(
            client.post(FETCH, &[&content], message).await.status,
            415,
            "{other}"
        );
    }
    // The sync port does not serve the evaluation service.
    let answer = client
        .post(
            RESOLVE_BOOLEAN,
            &["content-type: application/grpc"],
            message,
        )
        .await;
    assert_eq!(answer.header("grpc-status"), "12");
}
