//! The end of HTTP/1.1 connections: half-closed clients, bodies that never come, malformed chunks, and shutdown.

use std::time::Duration;
use std::time::Instant;

use fanion::serve::ServeConfig;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::server::raw_http1::post_request;
use crate::support::server::raw_http1::response_length;
use crate::support::server::rpc::FLAG_F;
use crate::support::server::rpc::RESOLVE_BOOLEAN;
use crate::support::server::rpc::serve_one_flag;
use crate::support::wait::DEADLINE;

const JSON: &str = "Content-Type: application/json\r\n";

/// A header without effect that the fast path does not accept.
const FORCES_HYPER: &str = "Expect: nothing\r\n";

async fn connect(port: u16) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", port)).await;
    socket.expect("a connection")
}

/// All bytes until the server closes the connection.
async fn read_to_end(socket: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let end = tokio::time::timeout(DEADLINE, socket.read_to_end(&mut read)).await;
    end.expect("the connection is closed").expect("no reset");
    String::from_utf8_lossy(&read).into_owned()
}

/// The next response.
async fn read_response(socket: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while response_length(&read).is_none() {
        let count = socket.read_buf(&mut read).await.expect("no reset");
        assert!(count > 0, "the connection is closed");
    }
    String::from_utf8_lossy(&read).into_owned()
}

/// A request for the flag `f`.
fn resolve(fields: &str) -> String {
    post_request(RESOLVE_BOOLEAN, &format!("{JSON}{fields}"), FLAG_F)
}

#[tokio::test]
async fn request_before_a_half_close_is_answered() {
    let (server, _dir) = serve_one_flag(ServeConfig::default()).await;
    for fields in ["", FORCES_HYPER].repeat(100) {
        let mut socket = connect(server.port).await;
        socket
            .write_all(resolve(fields).as_bytes())
            .await
            .expect("sent");
        socket.shutdown().await.expect("a half-close");
        let said = read_to_end(&mut socket).await;
        assert!(said.starts_with("HTTP/1.1 200 OK"), "{fields}: {said}");
    }
}

#[tokio::test]
async fn missing_body_is_bound_by_one_read_timeout() {
    let settings = ServeConfig {
        read_timeout: Duration::from_secs(2),
        ..ServeConfig::default()
    };
    let (server, _dir) = serve_one_flag(settings).await;
    for fields in ["", FORCES_HYPER] {
        let mut socket = connect(server.port).await;
        let request = resolve(fields);
        let half = &request.as_bytes()[..request.len() - 3];
        let begun = Instant::now();
        socket.write_all(half).await.expect("sent");
        let said = read_response(&mut socket).await;
        assert!(said.contains("did not arrive in time"), "{said}");
        let took = begun.elapsed();
        assert!(took < Duration::from_millis(3500), "{fields}: {took:?}");
    }
}

#[tokio::test]
async fn malformed_chunk_is_a_bad_request() {
    let (server, _dir) = serve_one_flag(ServeConfig::default()).await;
    let ofrep = "/ofrep/v1/evaluate/flags/f";
    for (port, path) in [(server.port, RESOLVE_BOOLEAN), (server.ofrep, ofrep)] {
        let mut socket = connect(port).await;
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\n{JSON}");
        let request = format!("{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n");
        socket.write_all(request.as_bytes()).await.expect("sent");
        let said = read_response(&mut socket).await;
        assert!(said.starts_with("HTTP/1.1 400 "), "{path}: {said}");
    }
}

#[tokio::test]
async fn request_that_crosses_the_shutdown_is_answered() {
    for fields in ["", FORCES_HYPER] {
        let (server, _dir) = serve_one_flag(ServeConfig::default()).await;
        let mut socket = connect(server.port).await;
        let request = resolve(fields);
        socket.write_all(request.as_bytes()).await.expect("sent");
        let first = read_response(&mut socket).await;
        assert!(!first.contains("connection: close"), "{first}");
        server.shutdown.send(true).expect("the server runs");
        // The port is closed once the server has noticed the shutdown. It first ignores handshakes, which the client's
        // kernel repeats after a second.
        let try_connect = || TcpStream::connect(("127.0.0.1", server.port));
        let patience = Duration::from_millis(100);
        while let Ok(Ok(other)) = tokio::time::timeout(patience, try_connect()).await {
            drop(other);
        }
        socket.write_all(request.as_bytes()).await.expect("sent");
        let last = read_to_end(&mut socket).await;
        assert!(last.starts_with("HTTP/1.1 200 OK"), "{fields}: {last}");
        assert!(last.contains("connection: close"), "{fields}: {last}");
        let ended = tokio::time::timeout(DEADLINE, server.ended).await;
        assert!(ended.expect("in time").expect("no panic").is_ok());
    }
}

#[tokio::test]
async fn request_on_a_new_connection_crosses_the_shutdown() {
    let (server, _dir) = serve_one_flag(ServeConfig::default()).await;
    let mut socket = connect(server.port).await;
    server.shutdown.send(true).expect("the server runs");
    let sent = socket.write_all(resolve("").as_bytes()).await;
    sent.expect("sent");
    let said = read_to_end(&mut socket).await;
    assert!(said.starts_with("HTTP/1.1 200 OK"), "{said}");
}

#[tokio::test]
async fn connection_in_the_backlog_at_shutdown_is_answered() {
    let (server, _dir) = serve_one_flag(ServeConfig::default()).await;
    // Without `await`, so that the runtime has no event of the connection when the shutdown begins.
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", server.port)).expect("connected");
    std::io::Write::write_all(&mut socket, resolve("").as_bytes()).expect("sent");
    server.shutdown.send(true).expect("the server runs");
    socket.set_nonblocking(true).expect("a mode");
    let mut socket = TcpStream::from_std(socket).expect("a socket");
    let said = read_to_end(&mut socket).await;
    assert!(said.starts_with("HTTP/1.1 200 OK"), "{said}");
}
