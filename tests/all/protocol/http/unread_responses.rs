//! Clients that do not read their responses: bounded memory and time, on HTTP/1.1 and HTTP/2.

use std::time::Duration;

use fanion::limits;
use fanion::serve::ServeConfig;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::server;
use crate::support::server::Server;
use crate::support::server::prometheus::scrape;
use crate::support::server::raw_http1::post_request;
use crate::support::server::raw_http2::RawHttp2;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;
use crate::support::wait::poll_until;

const RESOLVE_ALL: &str = "/flagd.evaluation.v1.Service/ResolveAll";

const CALLS: u32 = 100;

/// The identifiers of the calls' streams.
fn streams() -> impl Iterator<Item = u32> {
    (0..CALLS).map(|call| 2 * call + 1)
}

/// Serves a document whose bulk responses have at least a tenth of the budget of unsent bytes.
async fn serve_large(write_timeout: Duration) -> (Server, TempDir) {
    let value = "x".repeat(limits::UNSENT_BYTES / 10);
    let text = format!("flags: {{f: {{variants: {{a: {value}}}, defaultVariant: a}}}}");
    let settings = ServeConfig {
        write_timeout,
        ..ServeConfig::default()
    };
    server::serve_with("flags.yaml", &text, settings).await
}

async fn hits(server: &Server, limit: &str) -> f64 {
    let limit = format!("limit=\"{limit}\"");
    scrape(server)
        .await
        .sum("fanion_limit_hits_total", &[&limit])
}

async fn bulk_evaluations(server: &Server) -> f64 {
    let name = "fanion_evaluation_duration_seconds_count";
    scrape(server).await.sum(name, &["kind=\"bulk\""])
}

async fn wait_for_hit(server: &Server, limit: &str) {
    let reached = async || hits(server, limit).await > 0.5;
    poll_until(reached, || format!("{limit} is never reached")).await;
}

/// Calls of a client without a window must wait, and be answered once it opens one.
async fn check_calls_wait(bodies_arrive_later: bool) {
    let (server, _dir) = serve_large(DEADLINE).await;
    let mut client = RawHttp2::connect(server.port, 0).await;
    client.send_headers(RESOLVE_ALL, streams()).await;
    if bodies_arrive_later {
        let name = "http_server_active_requests";
        let arrived = async || scrape(&server).await.sum(name, &[]) >= f64::from(CALLS);
        poll_until(arrived, || "the requests do not arrive".to_owned()).await;
    }
    client.send_empty_messages(streams()).await;
    if bodies_arrive_later {
        let some = async || bulk_evaluations(&server).await > 9.5;
        poll_until(some, || "no request is handled".to_owned()).await;
    } else {
        wait_for_hit(&server, "unsent_bytes").await;
    }
    let handled = bulk_evaluations(&server).await;
    assert!(handled < 15.0, "{handled} responses are held");
    client.open_windows(streams()).await;
    let ended = tokio::time::timeout(DEADLINE, client.read_ends(CALLS)).await;
    assert_eq!(ended, Ok(CALLS));
    assert_eq!(bulk_evaluations(&server).await, f64::from(CALLS));
}

#[tokio::test]
async fn calls_wait_while_responses_are_unread() {
    check_calls_wait(false).await;
}

#[tokio::test]
async fn calls_that_waited_for_their_body_wait_for_the_client() {
    check_calls_wait(true).await;
}

#[tokio::test]
async fn http2_client_without_a_window_is_disconnected() {
    let (server, _dir) = serve_large(Duration::from_millis(100)).await;
    let mut client = RawHttp2::connect(server.port, 0).await;
    client.send_headers(RESOLVE_ALL, streams().take(1)).await;
    client.send_empty_messages(streams().take(1)).await;
    let ended = tokio::time::timeout(DEADLINE, client.read_ends(1)).await;
    assert_eq!(ended, Ok(0), "the connection stays open");
    assert_eq!(hits(&server, "write_timeout").await, 1.0);
}

#[tokio::test]
async fn http2_client_that_reads_slowly_stays_connected() {
    let (server, _dir) = serve_large(Duration::from_millis(200)).await;
    let mut client = RawHttp2::connect(server.port, 100).await;
    client.send_headers(RESOLVE_ALL, streams().take(1)).await;
    client.send_empty_messages(streams().take(1)).await;
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        client.open_window_by(1, 100).await;
    }
    client.open_windows(streams().take(1)).await;
    let ended = tokio::time::timeout(DEADLINE, client.read_ends(1)).await;
    assert_eq!(ended, Ok(1));
}

/// A client that pipelines requests, and reads no response, must be disconnected.
async fn check_http1_is_disconnected(fields: &str) {
    let (server, _dir) = serve_large(Duration::from_millis(100)).await;
    let socket = TcpStream::connect(("127.0.0.1", server.port)).await;
    let mut socket = socket.expect("a connection");
    let fields = format!("Content-Type: application/json\r\n{fields}");
    let requests = post_request(RESOLVE_ALL, &fields, "{}").repeat(2000);
    // The server stops reading before it has received all of them.
    let _ = tokio::time::timeout(DEADLINE, socket.write_all(requests.as_bytes())).await;
    wait_for_hit(&server, "write_timeout").await;
    let mut rest = Vec::new();
    let end = tokio::time::timeout(DEADLINE, socket.read_to_end(&mut rest)).await;
    assert!(end.is_ok(), "the connection stays open");
}

#[tokio::test]
async fn http1_client_that_does_not_read_is_disconnected() {
    check_http1_is_disconnected("").await;
}

#[tokio::test]
async fn hyper_client_that_does_not_read_is_disconnected() {
    check_http1_is_disconnected("Expect: nothing\r\n").await;
}
