//! Shutdown: final messages of streams, exit status and idle connections.

use std::io::Write as _;

use serde_json::Value;

use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::server::http_client;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpResponse;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::raw_http1::post_request;
use crate::support::server::rpc::write_one_flag;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;
use crate::support::wait::poll_until;

#[tokio::test]
async fn every_stream_gets_a_final_message_at_shutdown() {
    let directory = TempDir::new();
    write_one_flag(directory.path());
    let mut daemon = Daemon::start(directory.path(), &["--uri", "file:flags.json"]);
    daemon.wait_for_reload();
    let mut opened = Vec::new();
    let service = "/flagd.evaluation.v1.Service/EventStream";
    let sync = "/flagd.sync.v1.FlagSyncService/SyncFlags";
    for (port, path, content, last) in [
        (
            daemon.port,
            service,
            "application/grpc",
            "provider_shutdown",
        ),
        (
            daemon.port,
            service,
            "application/connect+json",
            "provider_shutdown",
        ),
        (
            daemon.port,
            service,
            "application/grpc-web",
            "provider_shutdown",
        ),
        (daemon.sync, sync, "application/grpc", r#"{"flags":"#),
    ] {
        let body: &[u8] = if content.ends_with("json") {
            b"\0\0\0\0\x02{}"
        } else {
            b"\0\0\0\0\0"
        };
        let content = format!("content-type: {content}");
        let (head, rest) = http_client::stream(port, path, &[&content], body).await;
        assert_eq!(head.status, 200);
        opened.push((rest, last));
    }
    let changes = http_client::get(daemon.ofrep, "/ofrep/v1/sse", &[]).await;
    assert_eq!(changes.status(), 200);
    opened.push((changes.into_body(), "retry: 1000"));
    daemon.terminate();
    for (mut body, last) in opened {
        let whole = tokio::time::timeout(DEADLINE, http_client::whole(&mut body)).await;
        let whole = whole.expect("the stream ends").expect("no stream error");
        let whole = String::from_utf8_lossy(&whole).into_owned();
        assert!(whole.contains(last), "{last} is not in {whole}");
    }
    assert_eq!(
        daemon.child.wait().expect("the process ends").code(),
        Some(0)
    );
}

#[tokio::test]
async fn sigterm_sends_provider_shutdown_and_exits_with_0() {
    let directory = TempDir::new();
    directory.write("flags.yaml", "flags: {}");
    let mut daemon = Daemon::start(directory.path(), &["--uri", "file:flags.yaml"]);
    daemon.wait_for_reload();
    let mut streams = Vec::new();
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let mut client = HttpClient::connect(daemon.port, version).await;
        streams.push(tokio::spawn(async move {
            let path = "/flagd.evaluation.v1.Service/EventStream";
            let content = ["content-type: application/connect+json"];
            client.post(path, &content, &b"\0\0\0\0\x02{}"[..]).await
        }));
    }
    // Both streams must be open before the signal. Connections are served in order, so a third client can check that.
    wait_for_connections(&daemon, streams.len()).await;
    daemon.terminate();
    for stream in streams {
        let body = stream.await.expect("no panic").body;
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(
            body.contains("provider_ready") && body.contains("provider_shutdown"),
            "{body}"
        );
    }
    assert_eq!(
        daemon.child.wait().expect("the process ends").code(),
        Some(0)
    );
}

/// Waits until the daemon has `count` connections besides the one of this function.
async fn wait_for_connections(daemon: &Daemon, count: usize) {
    let path = format!("/proc/{}/fd", daemon.child.id());
    let sockets = || {
        let entries = std::fs::read_dir(&path).expect("its files");
        let links = entries.filter_map(|e| std::fs::read_link(e.ok()?.path()).ok());
        links
            .filter(|link| link.to_string_lossy().starts_with("socket:"))
            .count()
    };
    // Two listeners, the streams, and this connection.
    let mut client = HttpClient::connect(daemon.port, HttpVersion::Http1).await;
    let have_arrived = async || {
        client.post("/", &[], "").await;
        sockets() > 2 + count
    };
    poll_until(have_arrived, || "the streams are never opened".to_owned()).await;
    client.post("/", &[], "").await;
}

#[tokio::test]
async fn idle_connection_does_not_delay_shutdown() {
    let directory = TempDir::new();
    directory.write("flags.yaml", "flags: {}");
    let mut daemon = Daemon::start(directory.path(), &["--uri", "file:flags.yaml"]);
    daemon.wait_for_reload();
    let _silent = std::net::TcpStream::connect(("127.0.0.1", daemon.port)).expect("a connection");
    wait_for_connections(&daemon, 1).await;
    daemon.terminate();
    assert_eq!(
        daemon.child.wait().expect("the process ends").code(),
        Some(0)
    );
    let lines: Vec<Value> = daemon.logs.iter().collect();
    assert!(!format!("{lines:?}").contains("cut off"), "{lines:?}");
}

/// Opens a stream whose handler blocks its worker.
fn open_blocked_stream(daemon: &Daemon) -> std::net::TcpStream {
    let request = post_request(
        "/flagd.evaluation.v1.Service/EventStream",
        "Content-Type: application/connect+json\r\n",
        "\0\0\0\0\x02{}",
    );
    let socket = std::net::TcpStream::connect(("127.0.0.1", daemon.port));
    let mut socket = socket.expect("a connection");
    socket.write_all(request.as_bytes()).expect("sent");
    socket
}

/// Opens streams until every worker is blocked, and returns them with the response of `/readyz`. The number of workers
/// is not enough: a connection can wait in the queue of a blocked worker.
async fn block_workers(daemon: &Daemon) -> (Vec<std::net::TcpStream>, HttpResponse) {
    let mut streams = Vec::new();
    let mut readyz = None;
    let is_blocked = async || {
        streams.push(open_blocked_stream(daemon));
        let response = daemon.readyz().await;
        let is_blocked = response.status != 200;
        readyz = Some(response);
        is_blocked
    };
    poll_until(is_blocked, || "the workers are not blocked".to_owned()).await;
    (streams, readyz.expect("a response"))
}

#[tokio::test]
async fn blocked_workers_are_reported_and_delay_no_exit() {
    let directory = TempDir::new();
    write_one_flag(directory.path());
    directory.write("faults", "block stream");
    let mut command = daemon::command(directory.path(), &["--uri", "file:flags.json"]);
    command.env("FANION_FAULTS", directory.path().join("faults"));
    let mut daemon = Daemon::spawn(command);
    daemon.wait_for_reload();
    let (_streams, readyz) = block_workers(&daemon).await;
    assert_eq!(readyz.status, 412);
    assert_eq!(readyz.text(), "the workers do not respond\n");
    let probe = async |path: &'static str| {
        let mut client = HttpClient::connect(daemon.management, HttpVersion::Http1).await;
        client.post(path, &[], "").await
    };
    assert_eq!(probe("/healthz").await.status, 200);
    let metrics = probe("/metrics").await;
    let metrics = metrics.text();
    assert!(metrics.contains("\nfanion_workers_up 0\n"), "{metrics}");
    daemon.wait_for_log(|line| {
        let message = line["message"].as_str().unwrap_or("");
        line["level"] == "ERROR" && message.starts_with("the workers do not respond within 2s")
    });
    daemon.terminate();
    // The workers stay blocked while the file exists: without a time limit the process would never end.
    daemon.wait_for_log(|line| line["message"] == "stopped");
    assert_eq!(daemon.child.wait().expect("an end").code(), Some(0));
}
