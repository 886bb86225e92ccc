//! HTTP/1.1 conformance: accepted and rejected requests.

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::server;
use crate::support::temp_dir::TempDir;

const PATH: &str = "/flagd.evaluation.v1.Service/ResolveBoolean";

const BODY: &str = r#"{"flagKey":"f"}"#;

/// Sends a request for a flag with these header lines, and reads until the server closes the connection.
async fn ask(port: u16, version: &str, lines: &str) -> String {
    let length = BODY.len();
    let head = format!(
        "POST {PATH} HTTP/{version}\r\n{lines}Content-Type: application/json\r\n\
        Content-Length: {length}\r\nConnection: close\r\n\r\n{BODY}"
    );
    send(port, head.as_bytes()).await
}

async fn send(port: u16, bytes: &[u8]) -> String {
    let socket = TcpStream::connect(("127.0.0.1", port)).await;
    let mut socket = socket.expect("a connection");
    // The server may reject the request before all bytes are sent.
    let _ = socket.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(
        crate::support::wait::DEADLINE,
        socket.read_to_end(&mut answer),
    );
    let _ = read.await.expect("an end");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn flag() -> (server::Server, TempDir) {
    let flags = r#"{"flags": {"f": {"variants": {"on": true}, "defaultVariant": "on"}}}"#;
    server::serve_text("flags.json", flags).await
}

#[tokio::test]
async fn host_header_is_required_exactly_once() {
    let (server, _directory) = flag().await;
    for port in [server.port, server.ofrep, server.management, server.sync] {
        let none = ask(port, "1.1", "").await;
        assert!(none.starts_with("HTTP/1.1 400 "), "{none}");
        assert!(none.ends_with("400 Bad Request: missing required Host header"));
        let two = ask(port, "1.1", "Host: a\r\nHost: b\r\n").await;
        assert!(two.starts_with("HTTP/1.1 400 "), "{two}");
    }
    let old = ask(server.port, "1.0", "").await;
    assert!(old.starts_with("HTTP/1.0 200 "), "{old}");
    let one = ask(server.port, "1.1", "Host: a\r\n").await;
    assert!(one.starts_with("HTTP/1.1 200 "), "{one}");
}

#[tokio::test]
async fn header_count_and_size_limits_are_enforced() {
    let flags = r#"{"flags": {"f": {"variants": {"on": true}, "defaultVariant": "on"}}}"#;
    let settings = fanion::serve::ServeConfig {
        max_header: 20_000,
        ..fanion::serve::ServeConfig::default()
    };
    let (server, _directory) = server::serve_with("flags.json", flags, settings).await;
    for (fields, length, status) in [
        (1_000, 1, "200"),
        (1_100, 1, "431"),
        (1, 23_800, "200"),
        (1, 24_100, "431"),
        (1, 200_000, "431"),
    ] {
        let value = "x".repeat(length);
        let lines: String = (0..fields).map(|n| format!("x-{n}: {value}\r\n")).collect();
        let answer = ask(server.port, "1.1", &format!("Host: a\r\n{lines}")).await;
        let told = answer.split(' ').nth(1).unwrap_or("");
        assert_eq!(told, status, "{fields} fields of {length}");
    }
}

#[tokio::test]
async fn malformed_http1_requests_are_rejected() {
    let (server, _directory) = flag().await;
    for (request, status) in [
        ("hello\r\n\r\n", "400"),
        ("POST / HTTP/3.7\r\nHost: x\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: x\r\na b: c\r\n\r\n", "400"),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
            "400",
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "400",
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
            "400",
        ),
    ] {
        let answer = send(server.port, request.as_bytes()).await;
        let told = answer.split(' ').nth(1).unwrap_or("");
        assert_eq!(told, status, "{request:?}: {answer:?}");
        assert!(answer.ends_with("\r\n\r\n"), "the response has a body");
    }
    let long = format!("POST /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(70_000));
    assert!(send(server.port, long.as_bytes()).await.contains("414"));
}
