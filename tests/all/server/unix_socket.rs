//! Unix sockets: serving, stale sockets, removal at shutdown.

use std::io::ErrorKind;
use std::path::Path;

use fanion::serve::ServeConfig;
use fanion::serve::listen::addr::ListenAddr;
use fanion::serve::listen::socket::Listener;
use socket2::Domain;
use socket2::SockAddr;
use socket2::Socket;
use socket2::Type;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;

use crate::support::program::daemon::Daemon;
use crate::support::program::daemon::command;
use crate::support::program::printed;
use crate::support::server;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::FLAG_F;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::ONE_FLAG;
use crate::support::server::rpc::RESOLVE_BOOLEAN;
use crate::support::server::rpc::write_one_flag;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;

/// On Linux, as in Go, a leading `@` denotes an abstract socket.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn abstract_unix_socket_is_served_and_released() {
    use std::os::linux::net::SocketAddrExt as _;

    let directory = TempDir::new();
    write_one_flag(directory.path());
    let name = format!("fanion-{}", directory.path().display());
    let socket = format!("@{name}");
    let options = ["--uri", "file:flags.json", "-d", &socket];
    let mut daemon = Daemon::start(directory.path(), &options);
    daemon.wait_for_reload();
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).expect("a name");
    let connection = std::os::unix::net::UnixStream::connect_addr(&address).expect("a connection");
    connection.set_nonblocking(true).expect("a socket");
    let connection = UnixStream::from_std(connection).expect("a socket");
    let mut client = HttpClient::over(connection, HttpVersion::Http2).await;
    let path = "/flagd.evaluation.v1.Service/ResolveBoolean";
    let json = ["content-type: application/json"];
    let answer = client.post(path, &json, r#"{"flagKey": "f"}"#).await;
    assert_eq!(answer.json()["value"], true);
    let taken = command(directory.path(), &options).output();
    let taken = taken.expect("the program runs");
    assert_eq!(taken.status.code(), Some(1));
    let told = printed(&taken.stderr);
    assert!(
        told.contains(&format!("cannot listen on evaluation socket {socket}")),
        "{told}"
    );
    daemon.terminate();
    assert_eq!(
        daemon.child.wait().expect("the process ends").code(),
        Some(0)
    );
    let left = std::fs::read_dir(directory.path()).expect("a directory");
    assert_eq!(left.count(), 1, "flags.json only");
    std::os::unix::net::UnixStream::connect_addr(&address).expect_err("no listener");
}

#[tokio::test]
async fn bind_fails_while_a_busy_process_owns_the_socket() {
    let directory = TempDir::new();
    let path = directory.path().join("busy.sock");
    let address = SockAddr::unix(&path).expect("an address");
    let socket = || Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
    let busy = socket();
    busy.bind(&address).expect("bound");
    busy.listen(0).expect("listening");
    // Fill the accept queue.
    let mut waiting = Vec::new();
    let full = loop {
        let client = socket();
        client.set_nonblocking(true).expect("a socket");
        match client.connect(&address) {
            Ok(()) => waiting.push(client),
            Err(error) => break error,
        }
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    let bound = tokio::task::spawn_blocking({
        let runtime = tokio::runtime::Handle::current();
        let place = ListenAddr::Unix(path.clone());
        move || runtime.block_on(Listener::bind(&place))
    });
    let bound = tokio::time::timeout(DEADLINE, bound).await;
    let error = bound
        .expect("in time")
        .expect("no panic")
        .expect_err("taken");
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(path.exists());
}

#[tokio::test]
async fn sockets_of_a_killed_process_are_replaced() {
    let directory = TempDir::new();
    write_one_flag(directory.path());
    let options = [
        "--uri",
        "file:flags.json",
        "-d",
        "evaluation.sock",
        "-e",
        "sync.sock",
    ];
    let ask = async || {
        let socket = UnixStream::connect(directory.path().join("evaluation.sock")).await;
        let mut client = HttpClient::over(socket.expect("a connection"), HttpVersion::Http2).await;
        let path = "/flagd.evaluation.v1.Service/ResolveBoolean";
        let answer = client.post(
            path,
            &["content-type: application/json"],
            r#"{"flagKey": "f"}"#,
        );
        answer.await.json()["value"].clone()
    };
    for _ in 0..2 {
        let mut daemon = Daemon::start(directory.path(), &options);
        daemon.wait_for_reload();
        assert_eq!(ask().await, true);
        // SIGKILL: the daemon cannot remove its sockets.
        daemon.child.kill().expect("the process runs");
        daemon.child.wait().expect("the process ends");
        assert!(directory.path().join("evaluation.sock").exists());
        assert!(directory.path().join("sync.sock").exists());
    }
    let mut last = Daemon::start(directory.path(), &options);
    last.wait_for_reload();
    last.terminate();
    assert_eq!(last.child.wait().expect("the process ends").code(), Some(0));
    assert!(!directory.path().join("evaluation.sock").exists());
    assert!(!directory.path().join("sync.sock").exists());
}

#[tokio::test]
async fn socket_path_is_accepted_as_http2_authority() {
    let directory = TempDir::new();
    let flags = directory.write("flags.json", ONE_FLAG);
    let (_server, path) = server::start_on_unix_socket(&flags, ServeConfig::default()).await;
    let mut socket = UnixStream::connect(&path).await.expect("a connection");
    // The headers of grpc-java: `:method: POST`, `:scheme: http`, `:path`, `:authority`, `content-type`.
    let text = |text: &str| {
        let length = u8::try_from(text.len()).expect("a short text");
        [&[length], text.as_bytes()].concat()
    };
    let parts = [
        &b"\x83\x86\x44"[..],
        &text(RESOLVE_BOOLEAN),
        b"\x41",
        &text(path.to_str().expect("a path")),
        b"\x5f",
        &text("application/json"),
    ];
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).expect("a short payload");
        [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
    };
    let said = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(4, 0, 0, b""),
        frame(1, 4, 1, &parts.concat()),
        frame(0, 1, 1, FLAG_F.as_bytes()),
    ];
    socket.write_all(&said.concat()).await.expect("sent");
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains(r#""value":true"#) {
        let read = tokio::time::timeout(DEADLINE, socket.read_buf(&mut heard)).await;
        let count = read.expect("in time").expect("an open connection");
        assert!(count > 0, "{}", String::from_utf8_lossy(&heard));
    }
}

#[tokio::test]
async fn stale_socket_is_replaced_and_removed_at_shutdown() {
    let directory = TempDir::new();
    let flags = directory.write("flags.json", ONE_FLAG);
    let (evaluation, sync) = (
        directory.path().join("e.sock"),
        directory.path().join("s.sock"),
    );
    // A killed process leaves a socket behind that no process listens on.
    drop(std::os::unix::net::UnixListener::bind(&evaluation).expect("a socket"));
    assert!(evaluation.exists());
    let bind = async |path: &Path| Listener::bind(&ListenAddr::Unix(path.to_owned())).await;
    let mut listeners = server::listeners(None).await;
    listeners.evaluation = bind(&evaluation).await.expect("a replaced socket");
    listeners.sync = bind(&sync).await.expect("a free path");
    let server = server::start_on(&flags, ServeConfig::default(), listeners).await;
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let socket = UnixStream::connect(&evaluation)
            .await
            .expect("a connection");
        let mut client = HttpClient::over(socket, version).await;
        assert_eq!(
            client.post(RESOLVE_BOOLEAN, &[JSON], FLAG_F).await.json()["value"],
            true
        );
    }
    let error = bind(&evaluation).await.map(drop).unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::AddrInUse,
        "a socket in use must not be replaced"
    );
    let error = bind(&flags).await.map(drop).unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::AddrInUse,
        "a file must not be replaced"
    );
    server.shutdown.send(true).expect("the server runs");
    assert_eq!(server.ended.await.expect("no panic"), Ok(()));
    assert!(
        !evaluation.exists() && !sync.exists(),
        "the sockets are not removed"
    );
}
