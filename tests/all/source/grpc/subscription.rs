//! Subscription to a flag sync service: updates, targets, metadata.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::json;
use tokio::net::UnixListener;

use crate::support::server;
use crate::support::sources::document;
use crate::support::sources::flag;
use crate::support::sources::grpc_upstream::grpc_source_spec;
use crate::support::sources::grpc_upstream::recording_grpc_server;
use crate::support::sources::grpc_upstream::start_grpc_upstream;
use crate::support::sources::grpc_upstream::subscribe;
use crate::support::sources::settings;
use crate::support::sources::tcp_proxy::pass;
use crate::support::wait::wait_until;

#[tokio::test]
async fn upstream_edits_are_received() {
    let upstream = start_grpc_upstream(&document("a")).await;
    let followed = subscribe(&upstream.target(), &json!({}));
    followed
        .watch
        .initial_load()
        .await
        .expect("an initial load");
    assert_eq!(followed.variant("f"), "a");
    for variant in ["b", "c", "d"] {
        upstream.write(&document(variant));
        followed.wait_for_variant(variant).await;
    }
    let state = followed.state(0);
    assert_eq!(
        (state.accepted, state.failed, state.is_stale()),
        (4, 0, false)
    );
}

#[tokio::test]
async fn updates_pass_through_a_chain_of_three() {
    let first = start_grpc_upstream(&document("a")).await;
    let live = Arc::new(fanion::live::Live::default());
    let loader = fanion::source::updater::loader::Loader::new(
        &[grpc_source_spec(&first.target(), &json!({}))],
        &settings(),
        live.clone(),
    );
    let middle = server::start_loader(loader, live, fanion::serve::ServeConfig::default()).await;
    let followed = subscribe(&format!("127.0.0.1:{}", middle.sync), &json!({}));
    followed.wait_for_variant("a").await;
    first.write(&document("b"));
    followed.wait_for_variant("b").await;
}

#[tokio::test]
async fn selector_limits_received_flags() {
    let text = json!({"flags": {
        "f": {"variants": {"a": 1}, "defaultVariant": "a", "metadata": {"flagSetId": "one"}},
        "g": {"variants": {"a": 1}, "defaultVariant": "a", "metadata": {"flagSetId": "two"}},
    }});
    let upstream = start_grpc_upstream(&text.to_string()).await;
    let followed = subscribe(&upstream.target(), &json!({"selector": "flagSetId=one"}));
    followed.wait_for_variant("a").await;
    assert_eq!(followed.variant("g"), "");
    // The upstream prefers the header to the selector in the message.
    let headers = json!({"headers": {"Flagd-Selector": "flagSetId=two"}});
    let followed = subscribe(&upstream.target(), &headers);
    wait_until(|| followed.variant("g") == "a", || "no flags".to_owned()).await;
    assert_eq!(followed.variant("f"), "");
}

#[tokio::test]
async fn message_above_max_msg_size_is_rejected() {
    let large = flag("f", &"x".repeat(5000));
    let upstream = start_grpc_upstream(&document("a")).await;
    let followed = subscribe(&upstream.target(), &json!({"maxMsgSize": 4000}));
    followed.wait_for_variant("a").await;
    upstream.write(&large);
    followed.wait_for_error(0, "4000 bytes").await;
    assert_eq!(followed.variant("f"), "a");
    upstream.write(&document("b"));
    followed.wait_for_variant("b").await;
}

#[tokio::test]
async fn unix_socket_targets_are_connected() {
    let upstream = start_grpc_upstream(&document("a")).await;
    let path = upstream.path.with_file_name("sync.sock");
    let listener = UnixListener::bind(&path).expect("a socket");
    let to = upstream.server.sync;
    let task = tokio::spawn(async move {
        let never = Arc::new(AtomicBool::new(false));
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(pass(socket, to, never.clone()));
        }
    });
    for uri in [
        format!("unix:{}", path.display()),
        format!("unix://{}", path.display()),
        format!("uds://{}", path.display()),
    ] {
        let followed = subscribe(&uri, &json!({}));
        followed.wait_for_variant("a").await;
    }
    task.abort();
}

#[tokio::test]
async fn envoy_target_sets_authority_and_headers_are_metadata() {
    let (address, mut asked) = recording_grpc_server().await;
    let uri = format!("envoy://{address}/flags.example");
    let followed = subscribe(&uri, &json!({"headers": {"X-Api-Key": "hush"}}));
    let parts = asked.recv().await.expect("a call");
    assert_eq!(parts.uri.authority().expect("one"), "flags.example");
    assert_eq!(parts.uri.path(), "/flagd.sync.v1.FlagSyncService/SyncFlags");
    assert_eq!(parts.headers["x-api-key"], "hush");
    followed.wait_for_error(0, "who are you").await;
    let told = format!("{:?}", followed.watch);
    assert!(!told.contains("hush"), "{told}");
}

#[tokio::test]
async fn incremental_updates_option_still_replaces_the_document() {
    let upstream = start_grpc_upstream(&document("a")).await;
    let followed = subscribe(&upstream.target(), &json!({"incrementalUpdates": true}));
    followed.wait_for_variant("a").await;
    upstream.write(&flag("g", "b"));
    wait_until(|| followed.variant("g") == "b", || "no flags".to_owned()).await;
    assert_eq!(followed.variant("f"), "");
}
