//! Limits on connections and streams, and timeouts of idle and slow clients.

use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use fanion::serve::ServeConfig;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio::net::UnixStream;

use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::server;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::pb::evaluation1::EventStreamRequest;
use crate::support::server::grpc_client::pb::evaluation1::service_client::ServiceClient;
use crate::support::server::grpc_client::pb::sync1::SyncFlagsRequest;
use crate::support::server::grpc_client::pb::sync1::flag_sync_service_client::FlagSyncServiceClient;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::prometheus;
use crate::support::server::raw_http1;
use crate::support::server::rpc::FLAG_F;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::ONE_FLAG;
use crate::support::server::rpc::RESOLVE_BOOLEAN;
use crate::support::server::rpc::serve_every_type;
use crate::support::server::rpc::serve_one_flag;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;
use crate::support::wait::poll_until;

#[tokio::test]
async fn idle_client_is_disconnected() {
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;
    let (server, _dir) = serve_every_type().await;
    for begun in ["", "PRI * HTTP/2.0", "POST / HTTP/1.1\r\nHost: x\r\n"] {
        let socket = TcpStream::connect(("127.0.0.1", server.port)).await;
        let mut socket = socket.expect("a connection");
        socket.write_all(begun.as_bytes()).await.expect("written");
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(DEADLINE, socket.read_to_end(&mut rest));
        assert!(
            ended.await.is_ok(),
            "after {begun:?} the connection stays open"
        );
    }
}

#[tokio::test]
async fn stream_limit_is_enforced_and_slots_are_released() {
    let settings = ServeConfig {
        max_streams: 1,
        ..ServeConfig::default()
    };
    let directory = TempDir::new();
    let server = server::start_with(&directory.write("flags.json", ONE_FLAG), settings).await;
    let mut events = ServiceClient::new(grpc_client::channel(&server).await);
    let first = events
        .event_stream(EventStreamRequest {})
        .await
        .expect("a free slot");
    let refused = events
        .event_stream(EventStreamRequest {})
        .await
        .expect_err("one too many");
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    let mut sync = FlagSyncServiceClient::new(grpc_client::channel_to(server.sync).await);
    let refused = sync
        .sync_flags(SyncFlagsRequest::default())
        .await
        .expect_err("one too many");
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    let limit = ["limit=\"streams\""];
    let scrape = prometheus::scrape(&server).await;
    assert_eq!(scrape.sum("fanion_limit_hits_total", &limit), 2.0);
    drop(first);
    let end = tokio::time::Instant::now() + DEADLINE;
    while sync.sync_flags(SyncFlagsRequest::default()).await.is_err() {
        assert!(
            tokio::time::Instant::now() < end,
            "the slot is never released"
        );
    }
}

#[tokio::test]
async fn connections_above_the_limit_wait() {
    let settings = ServeConfig {
        max_connections: 1,
        ..ServeConfig::default()
    };
    let directory = TempDir::new();
    let server = server::start_with(&directory.write("flags.json", ONE_FLAG), settings).await;
    let mut first = HttpClient::connect(server.port, HttpVersion::Http1).await;
    assert_eq!(
        first.post(RESOLVE_BOOLEAN, &[JSON], FLAG_F).await.status,
        200
    );
    let mut second = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let waiting = tokio::spawn(async move { second.post(RESOLVE_BOOLEAN, &[JSON], FLAG_F).await });
    // Ten responses on the first connection give the server time to accept the second one by mistake.
    for _ in 0..10 {
        assert_eq!(
            first.post(RESOLVE_BOOLEAN, &[JSON], FLAG_F).await.status,
            200
        );
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "the second connection did not wait");
    }
    let limit = ["limit=\"port_connections\""];
    let scrape = prometheus::scrape(&server).await;
    assert_eq!(scrape.sum("fanion_limit_hits_total", &limit), 1.0);
    drop(first);
    let answer = tokio::time::timeout(DEADLINE, waiting)
        .await
        .expect("the second connection is accepted");
    assert_eq!(answer.expect("an answer").status, 200);
}

/// Connects from an address. Returns the connection if the server accepts it: it answers a request.
async fn connect_from(address: [u8; 4], port: u16) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((address, 0).into()).expect("a local address");
    let connected = socket.connect(([127, 0, 0, 1], port).into()).await;
    let mut socket = connected.expect("a connection");
    let request = raw_http1::post_request(RESOLVE_BOOLEAN, &format!("{JSON}\r\n"), FLAG_F);
    // A connection that is closed at once may break here.
    let _ = socket.write_all(request.as_bytes()).await;
    let mut answer = [0; 12];
    let read = tokio::time::timeout(DEADLINE, socket.read_exact(&mut answer));
    read.await.expect("an answer or the end").ok()?;
    assert_eq!(&answer, b"HTTP/1.1 200");
    Some(socket)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn connections_of_one_client_are_limited() {
    let settings = ServeConfig {
        max_connections_per_client: 2,
        ..ServeConfig::default()
    };
    let (server, _directory) = serve_one_flag(settings).await;
    let [one, other] = [[127, 0, 0, 1], [127, 0, 0, 2]];
    let first = connect_from(one, server.port).await.expect("a free slot");
    let second = connect_from(one, server.port).await.expect("a free slot");
    for _ in 0..3 {
        assert!(connect_from(one, server.port).await.is_none());
    }
    let third = connect_from(other, server.port).await;
    let third = third.expect("a free slot of another client");
    let limit = ["limit=\"client_connections\""];
    let scrape = prometheus::scrape(&server).await;
    assert_eq!(scrape.sum("fanion_limit_hits_total", &limit), 3.0);
    drop(second);
    let is_accepted = async || connect_from(one, server.port).await.is_some();
    poll_until(is_accepted, || "the slot is never released".to_owned()).await;
    drop((first, third));
}

#[tokio::test]
async fn client_limit_does_not_apply_to_unix_sockets() {
    let settings = ServeConfig {
        max_connections_per_client: 1,
        ..ServeConfig::default()
    };
    let directory = TempDir::new();
    let flags = directory.write("flags.json", ONE_FLAG);
    let (_server, path) = server::start_on_unix_socket(&flags, settings).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let socket = UnixStream::connect(&path).await.expect("a connection");
        let mut client = HttpClient::over(socket, HttpVersion::Http2).await;
        let answer = client.post(RESOLVE_BOOLEAN, &[JSON], FLAG_F).await;
        assert_eq!(answer.status, 200);
        open.push(client);
    }
}

#[tokio::test]
async fn refused_client_is_named_in_the_log() {
    let directory = TempDir::new();
    directory.write("flags.json", ONE_FLAG);
    let options = [
        "--uri",
        "file:flags.json",
        "--max-connections-per-client",
        "1",
    ];
    let daemon = Daemon::start(directory.path(), &options);
    let first = connect_from([127, 0, 0, 1], daemon.port).await;
    let _first = first.expect("a free slot");
    assert!(connect_from([127, 0, 0, 1], daemon.port).await.is_none());
    let line = daemon.wait_for_log(|line| line["limit"] == "client_connections");
    // The socket is dual-stack.
    let named = (&line["client"], &line["port"], &line["level"]);
    let want = ["127.0.0.1", "evaluation", "WARN"].map(serde_json::Value::from);
    assert_eq!(named, (&want[0], &want[1], &want[2]));
}

#[tokio::test]
async fn unfinished_request_is_closed_after_read_timeout() {
    let settings = ServeConfig {
        read_timeout: Duration::from_millis(50),
        ..ServeConfig::default()
    };
    let directory = TempDir::new();
    let server = server::start_with(&directory.write("flags.json", ONE_FLAG), settings).await;
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    // A request with a third of its HEADERS frame.
    let half = format!("{preface}\0\0\x06\x01\x04\0\0\0\x01ab");
    for begun in ["", "PRI * HT", "POST / HTTP/1.1\r\nhost", preface, &half] {
        let mut socket = TcpStream::connect(("127.0.0.1", server.port))
            .await
            .expect("a connection");
        socket.write_all(begun.as_bytes()).await.expect("sent");
        let mut rest = Vec::new();
        let read = tokio::time::timeout(DEADLINE, socket.read_to_end(&mut rest)).await;
        read.expect("the server closes the connection").ok();
    }
}

#[tokio::test]
async fn largest_header_limit_does_not_overflow() {
    let settings = ServeConfig {
        max_header: usize::MAX,
        ..ServeConfig::default()
    };
    let (server, _dir) = serve_one_flag(settings).await;
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let mut client = HttpClient::connect(server.port, version).await;
        for fields in [&[JSON][..], &[JSON, "expect: nothing"]] {
            let answer = client.post(RESOLVE_BOOLEAN, fields, FLAG_F).await;
            assert_eq!(answer.status, 200);
        }
    }
}

/// Starts a daemon whose limit of open files is `files`.
fn spawn_with_file_limit(directory: &TempDir, files: u32) -> Daemon {
    let flags = directory.write("flags.json", ONE_FLAG);
    let uri = format!("file:{}", flags.display());
    let start = daemon::command(directory.path(), &["--uri", &uri]);
    let mut limited = Command::new("/bin/sh");
    let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
    limited.args(["-c", &script]).arg(start.get_program());
    limited.args(start.get_args()).current_dir(directory.path());
    limited.stdout(Stdio::null()).stderr(Stdio::piped());
    Daemon::spawn_without_ports(limited)
}

#[tokio::test]
async fn ports_share_few_file_descriptors() {
    let directory = TempDir::new();
    let mut daemon = spawn_with_file_limit(&directory, 74);
    daemon.wait_for_log(|line| {
        let message = line["message"].as_str().unwrap_or("");
        message.contains("leaves only 10 connections")
    });
    daemon.port = daemon.listening_port("evaluation");
    daemon.management = daemon.listening_port("management");
    daemon.ofrep = daemon.listening_port("ofrep");
    daemon.wait_until_ready().await;
    // The ports share eight slots: a port without clients must not hold one.
    let mut idle = Vec::new();
    for _ in 0..7 {
        let mut client = HttpClient::connect(daemon.port, HttpVersion::Http1).await;
        let answer = client.post(RESOLVE_BOOLEAN, &[JSON], FLAG_F).await;
        assert_eq!(answer.status, 200);
        idle.push(client);
    }
    let mut last = HttpClient::connect(daemon.ofrep, HttpVersion::Http1).await;
    let answer = last.post("/ofrep/v1/evaluate/flags/f", &[JSON], "{}").await;
    assert_eq!(answer.status, 200);
    let _waiting = HttpClient::connect(daemon.port, HttpVersion::Http1).await;
    let line = daemon.wait_for_log(|line| line["limit"] == "file_descriptors");
    assert_eq!(line["port"], "evaluation");
}

#[test]
fn start_is_refused_with_too_few_file_descriptors() {
    let directory = TempDir::new();
    let mut daemon = spawn_with_file_limit(&directory, 66);
    assert_eq!(daemon.child.wait().expect("an end").code(), Some(1));
    let lines: Vec<_> = daemon.logs.iter().collect();
    assert!(
        format!("{lines:?}").contains("at least 72 are needed"),
        "{lines:?}"
    );
}
