//! Compressed messages of a flag sync service.

use prost::Message as _;
use serde_json::json;

use crate::source::error_kinds::assert_error_kind;
use crate::support::server::grpc_client::pb::sync1::SyncFlagsResponse;
use crate::support::server::rpc::gzip;
use crate::support::sources::document;
use crate::support::sources::flag;
use crate::support::sources::grpc_upstream::grpc_source_spec;
use crate::support::sources::grpc_upstream::recorded_stream_server;
use crate::support::sources::grpc_upstream::subscribe;

/// A `SyncFlagsResponse` with a document, as a compressed message.
fn compressed(document: &str) -> Vec<u8> {
    let message = SyncFlagsResponse {
        flag_configuration: document.to_owned(),
        ..SyncFlagsResponse::default()
    };
    framed(1, &gzip(&message.encode_to_vec()))
}

fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len())
        .expect("a short message")
        .to_be_bytes();
    [&[flag][..], &length, message].concat()
}

#[tokio::test]
async fn gzip_messages_are_accepted_and_advertised() {
    let (address, mut asked) = recorded_stream_server("gzip", compressed(&document("a"))).await;
    let followed = subscribe(&address.to_string(), &json!({}));
    followed.wait_for_variant("a").await;
    let parts = asked.recv().await.expect("a call");
    let accepted = parts.headers["grpc-accept-encoding"]
        .to_str()
        .expect("text");
    assert!(
        accepted.split(',').any(|name| name.trim() == "gzip"),
        "{accepted}"
    );
}

#[tokio::test]
async fn max_msg_size_applies_after_decompression() {
    let large = compressed(&flag("f", &"x".repeat(100_000)));
    assert!(large.len() < 4000);
    let (address, _asked) = recorded_stream_server("gzip", large).await;
    let limit = json!({"maxMsgSize": 4000});
    let followed = subscribe(&address.to_string(), &limit);
    followed.wait_for_error(0, "4000 bytes").await;
    assert_error_kind(grpc_source_spec(&address.to_string(), &limit), "too_large").await;
    let (address, _asked) =
        recorded_stream_server("gzip", compressed(&flag("f", &"x".repeat(1000)))).await;
    let followed = subscribe(&address.to_string(), &limit);
    followed.wait_for_variant(&"x".repeat(1000)).await;
}

#[tokio::test]
async fn unknown_and_damaged_compression_is_an_error() {
    for (encoding, message, why) in [
        ("snappy", compressed(&document("a")), "snappy"),
        ("gzip", framed(1, b"no gzip"), "decompressing"),
        ("identity", compressed(&document("a")), "compressed-flag"),
    ] {
        let (address, _asked) = recorded_stream_server(encoding, message).await;
        let followed = subscribe(&address.to_string(), &json!({}));
        followed.wait_for_error(0, why).await;
    }
}
