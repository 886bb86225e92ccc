//! Bounds of the sync port: slow readers, and the definitions that are kept for deltas.

use fanion::wire::fleet::sync_request::FleetSyncRequest;
use fanion::wire::protobuf::generated::fleet1;
use serde_json::json;
use tonic::transport::Endpoint;

use crate::control::fleet_sync::next;
use crate::control::fleet_sync::open;
use crate::control::fleet_sync::sidecar;
use crate::control::fleet_sync::subscribe;
use crate::control::fleet_upstream::FleetUpstream;
use crate::control::fleet_upstream::revision;
use crate::support::server::grpc_client::channel_to;
use crate::support::sources::document;

/// A document whose flags all change with `number`, so that a delta is as long as the document.
fn long_document(number: u64) -> String {
    let flags = (0..20).map(|at| {
        let value = format!("{number}-{at}-").repeat(3000);
        let flag = json!({"variants": {"a": value}, "defaultVariant": "a"});
        (format!("flag-{at}"), flag)
    });
    let flags: serde_json::Map<String, serde_json::Value> = flags.collect();
    json!({ "flags": flags }).to_string()
}

#[tokio::test]
async fn slow_reader_skips_to_the_newest_revision() {
    let upstream = FleetUpstream::start(revision(0, 1, &long_document(1))).await;
    let address = format!("http://{}", upstream.target());
    let endpoint = Endpoint::from_shared(address).expect("an address");
    // Each message is several times longer than what the client accepts unread.
    let endpoint = endpoint
        .initial_stream_window_size(65_535)
        .initial_connection_window_size(65_535);
    let channel = endpoint.connect().await.expect("a connection");
    let mut stream = open(channel, sidecar(None), false).await.expect("a stream");
    for number in 2..=6 {
        upstream.publish(revision(0, number, &long_document(number)));
        upstream.wait_for_revision(number).await;
    }
    let mut numbers = vec![next(&mut stream).await.revision];
    while numbers.last() != Some(&6) {
        numbers.push(next(&mut stream).await.revision);
    }
    assert!(numbers.is_sorted() && numbers.len() <= 4, "{numbers:?}");
    upstream.publish(revision(0, 7, &document("a")));
    assert_eq!(next(&mut stream).await.revision, 7);
}

#[tokio::test]
async fn deltas_are_made_from_the_latest_64_revisions() {
    let numbered = |number: u64| revision(0, number, &document(&format!("v{number}")));
    let upstream = FleetUpstream::start(numbered(1)).await;
    for number in 2..=70 {
        upstream.publish(numbered(number));
        upstream.wait_for_revision(number).await;
    }
    for (number, is_known) in [(6, false), (7, true), (69, true)] {
        let have = numbered(number).id().to_message();
        let mut stream = subscribe(upstream.port, sidecar(Some(have)), false)
            .await
            .expect("a stream");
        let message = next(&mut stream).await;
        assert_eq!(message.delta.is_some(), is_known, "{number}");
        assert_eq!(message.revision, 70);
    }
}

#[tokio::test]
async fn oversized_receipt_ends_the_stream_of_receipts() {
    let upstream = FleetUpstream::start(revision(0, 1, &document("a"))).await;
    let mut client = tonic::client::Grpc::new(channel_to(upstream.port).await);
    client.ready().await.expect("a connection");
    let receipt = fleet1::ReportRequest {
        reason: "x".repeat(20_000),
        ..fleet1::ReportRequest::default()
    };
    let messages = futures_util::stream::iter([receipt]);
    let codec: tonic_prost::ProstCodec<fleet1::ReportRequest, fleet1::ReportResponse> =
        tonic_prost::ProstCodec::default();
    let path = http::uri::PathAndQuery::from_static("/fanion.fleet.v1.FleetService/Report");
    let request = tonic::Request::new(messages);
    let refused = client.client_streaming(request, path, codec).await;
    assert_eq!(
        refused.expect_err("too large").code(),
        tonic::Code::ResourceExhausted
    );
    let plain = FleetSyncRequest::default().to_message();
    let mut stream = subscribe(upstream.port, plain, false)
        .await
        .expect("a stream");
    assert_eq!(next(&mut stream).await.revision, 0);
}
