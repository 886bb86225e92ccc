//! HTTP/2 keepalive pings and their enforcement.

use std::time::Duration;

use fanion::serve::ServeConfig;
use fanion::serve::connection::ping_enforcement::PingPolicy;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::server;
use crate::support::server::rpc::ONE_FLAG;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;

/// A call of `SyncFlags` as HTTP/2 frames.
fn sync_flags_frames() -> Vec<u8> {
    let frame = |kind: u8, flags: u8, payload: &[u8]| {
        let length = u8::try_from(payload.len()).expect("short");
        [&[0, 0, length, kind, flags, 0, 0, 0, 1], payload].concat()
    };
    // HPACK's static table has POST, http, and the names :path and content-type.
    let mut headers = vec![0x83, 0x86];
    for (name, value) in [
        (0x44, "/flagd.sync.v1.FlagSyncService/SyncFlags"),
        (0x5f, "application/grpc"),
    ] {
        headers.extend_from_slice(&[name, u8::try_from(value.len()).expect("short")]);
        headers.extend_from_slice(value.as_bytes());
    }
    [frame(1, 4, &headers), frame(0, 1, b"\0\0\0\0\0")].concat()
}

/// Returns the bytes that the sync port sends in response to `pings` pings, optionally with an open stream.
async fn responses_after_pings(policy: PingPolicy, pings: usize, stream: bool) -> Vec<u8> {
    let settings = ServeConfig {
        ping_policy: policy,
        ..ServeConfig::default()
    };
    let directory = TempDir::new();
    let server = server::start_with(&directory.write("flags.json", ONE_FLAG), settings).await;
    let mut socket = TcpStream::connect(("127.0.0.1", server.sync))
        .await
        .expect("a connection");
    let mut hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    if stream {
        hello.extend_from_slice(&sync_flags_frames());
    }
    socket.write_all(&hello).await.expect("sent");
    for _ in 0..pings {
        socket
            .write_all(b"\0\0\x08\x06\0\0\0\0\0fanion!!")
            .await
            .expect("sent");
    }
    let mut answer = Vec::new();
    let pongs = |answer: &[u8]| answer.windows(8).filter(|w| w == b"fanion!!").count();
    let mut buffer = [0; 1024];
    while pongs(&answer) < pings {
        match tokio::time::timeout(DEADLINE, socket.read(&mut buffer))
            .await
            .expect("in time")
        {
            Ok(0) | Err(_) => break,
            Ok(count) => answer.extend_from_slice(buffer.get(..count).expect("read")),
        }
    }
    answer
}

#[tokio::test]
async fn excessive_http2_pings_get_goaway() {
    let calm = b"\x0btoo_many_pings";
    let told = |answer: &[u8]| answer.windows(calm.len()).any(|w| w == calm);
    let strict = PingPolicy {
        min_time: Duration::from_secs(30),
        permit_without_stream: true,
    };
    assert!(
        told(&responses_after_pings(strict, 5, false).await),
        "five pings must exceed the limit"
    );
    assert!(
        !told(&responses_after_pings(strict, 3, false).await),
        "two strikes must be tolerated"
    );
    let lenient = PingPolicy {
        min_time: Duration::ZERO,
        ..strict
    };
    assert!(!told(&responses_after_pings(lenient, 20, false).await));
    let with_stream = PingPolicy {
        permit_without_stream: false,
        ..lenient
    };
    assert!(
        told(&responses_after_pings(with_stream, 5, false).await),
        "pings without a stream must be rejected"
    );
    assert!(
        !told(&responses_after_pings(with_stream, 20, true).await),
        "pings with a stream must be allowed"
    );
}
