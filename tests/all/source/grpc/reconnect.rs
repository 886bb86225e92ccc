//! Reconnection to a flag sync service after lost, silent and refused connections.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::support::sources::document;
use crate::support::sources::grpc_upstream::grpc_source_spec;
use crate::support::sources::grpc_upstream::start_grpc_upstream;
use crate::support::sources::grpc_upstream::subscribe;
use crate::support::sources::settings;
use crate::support::sources::start_sources;
use crate::support::sources::tcp_proxy::TcpProxy;
use crate::support::sources::tcp_proxy::pass;

#[tokio::test]
async fn lost_upstream_keeps_flags_and_is_reconnected() {
    let upstream = start_grpc_upstream(&document("a")).await;
    let proxy = TcpProxy::start_on_port(0, upstream.server.sync).await;
    let port = proxy.port;
    let followed = subscribe(&proxy.target(), &json!({}));
    followed.wait_for_variant("a").await;
    drop(proxy);
    followed.wait_for_error(0, "error receiving flags").await;
    followed.wait_for_state(0, |state| state.failed >= 3).await;
    assert_eq!(followed.variant("f"), "a");
    upstream.write(&document("b"));
    let _proxy = TcpProxy::start_on_port(port, upstream.server.sync).await;
    followed.wait_for_variant("b").await;
    followed.wait_for_state(0, |state| !state.is_stale()).await;
}

#[tokio::test]
async fn half_open_connection_is_detected_by_pings() {
    let upstream = start_grpc_upstream(&document("a")).await;
    let proxy = TcpProxy::start_on_port(0, upstream.server.sync).await;
    let followed = subscribe(&proxy.target(), &json!({}));
    followed.wait_for_variant("a").await;
    proxy.silent.store(true, Ordering::SeqCst);
    upstream.write(&document("b"));
    followed
        .wait_for_state(0, |state| state.failing_since.is_some())
        .await;
    assert_eq!(followed.variant("f"), "a");
    proxy.silent.store(false, Ordering::SeqCst);
    followed.wait_for_variant("b").await;
    assert!(proxy.connections.load(Ordering::SeqCst) > 1);
}

#[tokio::test]
async fn upstream_without_a_first_message_times_out() {
    // The listener never accepts, so connections get no response.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let mut settings = settings();
    settings.timing.first_message_timeout = Duration::from_millis(200);
    settings.timing.keepalive_interval = crate::support::wait::DEADLINE;
    settings.fail_fast = true;
    let specs = [grpc_source_spec(&format!("127.0.0.1:{port}"), &json!({}))];
    let followed = start_sources(&specs, &settings);
    let told = followed
        .watch
        .initial_load()
        .await
        .expect_err("there are no flags");
    assert!(
        told.to_string().contains("no flags received within 200ms"),
        "{told}"
    );
}

#[tokio::test]
async fn too_many_pings_goaway_leads_to_reconnect() {
    let upstream = start_grpc_upstream(&document("a")).await;
    // Sends GOAWAY with ENHANCE_YOUR_CALM to the first two clients, and proxies the third.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let to = upstream.server.sync;
    let task = tokio::spawn(async move {
        let mut goaway = vec![
            0, 0, 0, 4, 0, 0, 0, 0, 0, // SETTINGS
            0, 0, 22, 7, 0, 0, 0, 0, 0, // GOAWAY
            0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 11,
        ];
        goaway.extend_from_slice(b"too_many_pings");
        for _ in 0..2 {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let mut head = [0; 24];
            socket.read_exact(&mut head).await.expect("a preface");
            assert!(head.starts_with(b"PRI"));
            socket.write_all(&goaway).await.expect("sent");
            socket.shutdown().await.expect("sent");
            // Wait until the client closes the connection.
            let mut rest = Vec::new();
            let _ = socket.read_to_end(&mut rest).await;
        }
        let (socket, _) = listener.accept().await.expect("a connection");
        pass(socket, to, Arc::new(AtomicBool::new(false))).await;
    });
    let followed = subscribe(&format!("127.0.0.1:{port}"), &json!({}));
    followed.wait_for_variant("a").await;
    assert_eq!(followed.state(0).failed, 2);
    task.abort();
}
