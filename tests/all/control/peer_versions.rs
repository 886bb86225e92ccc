//! Peers of other releases: servers without receipts or revisions, and with a newer schema.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::Mutex;

use bytes::Bytes;
use fanion::control::revision::Revision;
use fanion::wire::fleet::definitions;
use fanion::wire::protobuf::generated::fleet1;
use futures_util::StreamExt as _;
use futures_util::stream;
use http::Request;
use http::Response;
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use prost::Message as _;
use serde_json::json;
use tokio::net::TcpListener;

use crate::control::fleet_upstream::revision;
use crate::support::server::grpc_client::grpc_frame;
use crate::support::sources::document;
use crate::support::sources::grpc_upstream::start_grpc_upstream;
use crate::support::sources::grpc_upstream::subscribe;
use crate::support::wait::wait_until;

/// The paths that a server was asked for.
type Asked = Arc<Mutex<Vec<String>>>;

/// The gRPC status of an unknown method.
const UNIMPLEMENTED: &str = "12";

/// A server that sends messages once asked and has no other method, and the paths that it was asked for.
async fn server_without_receipts(messages: Vec<fleet1::SyncFlagsResponse>) -> (String, Asked) {
    server(messages, UNIMPLEMENTED).await
}

/// A server that sends messages once asked and answers all other methods with a status.
async fn server(messages: Vec<fleet1::SyncFlagsResponse>, status: &'static str) -> (String, Asked) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let target = listener.local_addr().expect("bound").to_string();
    let frames = messages
        .iter()
        .map(|message| Bytes::from(grpc_frame(&message.encode_to_vec())));
    let frames: Vec<Bytes> = frames.collect();
    let asked = Asked::default();
    let seen = asked.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (frames, seen) = (frames.clone(), seen.clone());
            let answer = move |request: Request<hyper::body::Incoming>| {
                let path = request.uri().path().to_owned();
                let is_sync = path.ends_with("/SyncFlags");
                seen.lock().expect("no panic").push(path);
                let response = Response::builder().header("content-type", "application/grpc");
                let response = if is_sync {
                    response
                } else {
                    response.header("grpc-status", status)
                };
                let frames = if is_sync { frames.clone() } else { Vec::new() };
                let frames = frames
                    .into_iter()
                    .map(|frame| Ok::<_, Infallible>(Frame::data(frame)));
                let end = if is_sync {
                    stream::pending().left_stream()
                } else {
                    stream::empty().right_stream()
                };
                let body = StreamBody::new(stream::iter(frames).chain(end));
                std::future::ready(response.body(body))
            };
            let service = hyper::service::service_fn(answer);
            let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(builder.serve_connection(TokioIo::new(socket), service));
        }
    });
    (target, asked)
}

/// The message of a revision, as an older or newer server writes it.
fn message(revision: &Revision, schema_version: &str) -> fleet1::SyncFlagsResponse {
    let flags = revision.definitions.iter();
    let flags = flags.map(|(key, text)| (&**key, &**text));
    fleet1::SyncFlagsResponse {
        flag_configuration: definitions::write_document(flags),
        revision: revision.number,
        epoch: revision.epoch,
        content_hash: revision.content_hash.0.to_vec(),
        schema_version: schema_version.to_owned(),
        delta: None,
    }
}

fn count(asked: &Asked, method: &str) -> usize {
    let asked = asked.lock().expect("no panic");
    asked.iter().filter(|path| path.ends_with(method)).count()
}

#[tokio::test]
async fn server_without_receipts_is_asked_once() {
    let messages = [(1, "a"), (2, "b"), (3, "c")];
    let messages =
        messages.map(|(number, text)| message(&revision(0, number, &document(text)), "1.0"));
    let (target, asked) = server_without_receipts(messages.to_vec()).await;
    let followed = subscribe(&target, &json!({}));
    followed.wait_for_variant("c").await;
    let state = followed
        .wait_for_state(0, |state| state.accepted == 3)
        .await;
    assert_eq!((state.failed, state.last_error), (0, None));
    assert_eq!(
        (count(&asked, "SyncFlags"), count(&asked, "Report")),
        (1, 1)
    );
}

#[tokio::test]
async fn receipt_whose_call_fails_is_sent_again() {
    let first = message(&revision(0, 1, &document("a")), "1.0");
    let (target, asked) = server(vec![first], "14").await;
    let followed = subscribe(&target, &json!({}));
    followed.wait_for_variant("a").await;
    let again = || count(&asked, "Report") >= 2;
    wait_until(again, || "the receipt is not sent again".to_owned()).await;
    assert_eq!(count(&asked, "SyncFlags"), 1);
    assert_eq!(followed.state(0).failed, 0);
}

#[tokio::test]
async fn plain_sync_service_is_never_asked_for_receipts() {
    let plain = fleet1::SyncFlagsResponse {
        flag_configuration: document("a"),
        ..fleet1::SyncFlagsResponse::default()
    };
    let (target, asked) = server_without_receipts(vec![plain]).await;
    let followed = subscribe(&target, &json!({}));
    followed.wait_for_variant("a").await;
    assert_eq!(followed.state(0).revision, None);
    assert_eq!(count(&asked, "Report"), 0);
    // A sidecar is such a service.
    let upstream = start_grpc_upstream(&document("a")).await;
    let followed = subscribe(&upstream.target(), &json!({}));
    followed.wait_for_variant("a").await;
    assert_eq!(followed.state(0).revision, None);
}

#[tokio::test]
async fn newer_minor_schema_is_read_and_newer_major_refused() {
    let messages = [(1, "a", "1.9"), (2, "b", "2.0")];
    let messages = messages
        .map(|(number, text, schema)| message(&revision(0, number, &document(text)), schema));
    let (target, _asked) = server_without_receipts(messages.to_vec()).await;
    let followed = subscribe(&target, &json!({}));
    followed.wait_for_error(0, "schema version `2.0`").await;
    let state = followed.state(0);
    let (_, error) = state.last_error.expect("an error");
    assert!(error.ends_with("update fanion"), "{error}");
    assert_eq!(followed.variant("f"), "a");
    assert_eq!(state.revision.map(|id| id.number), Some(1));
}
