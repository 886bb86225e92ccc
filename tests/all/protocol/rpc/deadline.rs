//! Deadlines of unary calls.

use serde_json::json;

use crate::support::server;
use crate::support::server::Server;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpResponse;
use crate::support::server::http_client::HttpVersion;
use crate::support::temp_dir::TempDir;

const FLAGS: &str = r#"{"flags": {"f": {"variants": {"on": true}, "defaultVariant": "on"}}}"#;

const GRPC: [&str; 2] = ["content-type: application/grpc", "te: trailers"];

const JSON: &str = "content-type: application/json";

async fn start() -> (Server, TempDir) {
    server::serve_text("flags.json", FLAGS).await
}

/// Calls a method with a deadline header. The message is empty, or requests flag `f` if the method resolves one flag.
async fn call(port: u16, path: &str, header: &str) -> HttpResponse {
    let message: &[u8] = if path.contains("Resolve") && !path.ends_with("All") {
        b"\0\0\0\0\x03\x0a\x01f"
    } else {
        b"\0\0\0\0\0"
    };
    let mut client = HttpClient::connect(port, HttpVersion::Http2).await;
    client
        .post(path, &[GRPC[0], GRPC[1], header], message)
        .await
}

fn grpc_status(answer: &HttpResponse) -> (&str, &str) {
    (answer.header("grpc-status"), answer.header("grpc-message"))
}

#[tokio::test]
async fn expired_deadline_returns_deadline_exceeded() {
    let (server, _directory) = start().await;
    let over = ("4", "context deadline exceeded");
    for (port, path) in [
        (server.port, "/schema.v1.Service/ResolveBoolean"),
        (server.port, "/flagd.evaluation.v1.Service/ResolveBoolean"),
        (server.port, "/flagd.evaluation.v2.Service/ResolveBoolean"),
        (server.port, "/flagd.evaluation.v1.Service/ResolveAll"),
        (server.sync, "/flagd.sync.v1.FlagSyncService/FetchAllFlags"),
        (server.sync, "/flagd.sync.v1.FlagSyncService/GetMetadata"),
        (server.sync, "/flagd.sync.v1.FlagSyncService/SyncFlags"),
    ] {
        for timeout in ["0S", "0H", "1n"] {
            let answer = call(port, path, &format!("grpc-timeout: {timeout}")).await;
            assert_eq!(grpc_status(&answer), over, "{path} {timeout}");
        }
    }
    let web = ["content-type: application/grpc-web", "grpc-timeout: 0S"];
    let path = "/flagd.evaluation.v1.Service/ResolveBoolean";
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let answer = client.post(path, &web, &b"\0\0\0\0\0"[..]).await;
    assert!(answer.body.ends_with(b"context deadline exceeded\r\n"));
    for timeout in ["0", "-1", "-0"] {
        let header = format!("connect-timeout-ms: {timeout}");
        let answer = client
            .post(path, &[JSON, &header], r#"{"flagKey":"f"}"#)
            .await;
        let want = json!({"code": "deadline_exceeded", "message": "context deadline exceeded"});
        assert_eq!((answer.status.as_u16(), answer.json()), (504, want));
    }
}

#[tokio::test]
async fn call_before_its_deadline_succeeds() {
    let (server, _directory) = start().await;
    let path = "/flagd.evaluation.v1.Service/ResolveBoolean";
    for timeout in ["", "10S", "0000000060S", "+60S", "99999999H", "60000m"] {
        let header = format!("grpc-timeout: {timeout}");
        let answer = call(server.port, path, &header).await;
        assert!(!answer.body.is_empty(), "{timeout:?}: {answer:?}");
    }
}

#[tokio::test]
async fn malformed_timeout_header_is_rejected() {
    let (server, _directory) = start().await;
    let path = "/flagd.evaluation.v1.Service/ResolveBoolean";
    for (timeout, why) in [
        ("S", "invalid timeout \"S\""),
        ("-1S", "invalid timeout \"-1S\""),
        ("1.5S", "invalid timeout \"1.5S\""),
        ("5x", "timeout has invalid unit 'x'"),
        ("100000000S", "timeout \"100000000S\" is too long"),
    ] {
        let answer = call(server.port, path, &format!("grpc-timeout: {timeout}")).await;
        let why = format!("protocol error: {why}");
        assert_eq!(grpc_status(&answer), ("3", &*why));
    }
    // The sync port returns the code and HTTP status of grpc-go.
    let path = "/flagd.sync.v1.FlagSyncService/FetchAllFlags";
    let answer = call(server.sync, path, "grpc-timeout: abc").await;
    assert_eq!(
        (answer.status.as_u16(), grpc_status(&answer).0),
        (400, "13")
    );
}
