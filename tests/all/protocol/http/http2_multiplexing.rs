//! Concurrent calls on one HTTP/2 connection.

use std::convert::Infallible;

use bytes::Bytes;
use http::Request;
use http::Response;
use http_body::Frame;
use http_body_util::BodyExt as _;
use http_body_util::StreamBody;
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;

use crate::support::server;

type Piece = Result<Frame<Bytes>, Infallible>;

type Sender = SendRequest<StreamBody<ReceiverStream<Piece>>>;

const PATH: &str = "http://localhost/flagd.evaluation.v1.Service/ResolveString";

async fn connect(port: u16) -> Sender {
    let socket = TcpStream::connect(("127.0.0.1", port)).await;
    let io = TokioIo::new(socket.expect("a connection"));
    let executor = TokioExecutor::new();
    let handshake = hyper::client::conn::http2::handshake(executor, io);
    let (sender, connection) = handshake.await.expect("HTTP/2");
    tokio::spawn(connection);
    sender
}

/// Begins a call whose body is sent in pieces.
async fn begin(
    sender: &mut Sender,
) -> (
    mpsc::Sender<Piece>,
    impl Future<Output = hyper::Result<Response<Incoming>>> + use<>,
) {
    let (pieces, body) = mpsc::channel(4);
    let request = Request::post(PATH).header("content-type", "application/json");
    let request = request.body(StreamBody::new(ReceiverStream::new(body)));
    sender.ready().await.expect("an open connection");
    (pieces, sender.send_request(request.expect("a request")))
}

async fn put(pieces: &mpsc::Sender<Piece>, text: &str) {
    let piece = Frame::data(Bytes::from(text.to_owned()));
    pieces.send(Ok(piece)).await.expect("a reader");
}

async fn read(response: hyper::Result<Response<Incoming>>) -> serde_json::Value {
    let body = response.expect("an answer").into_body().collect().await;
    serde_json::from_slice(&body.expect("a whole body").to_bytes()).expect("JSON")
}

/// A flag that resolves to the targeting key of the caller.
fn flags(users: usize) -> String {
    let name = |i: usize| format!("user-{i}");
    let variants: serde_json::Map<_, _> = (0..users).map(|i| (name(i), name(i).into())).collect();
    json!({"flags": {"who": {"state": "ENABLED", "variants": variants,
        "targeting": {"var": "targetingKey"}}}})
    .to_string()
}

#[tokio::test]
async fn late_body_does_not_block_other_calls() {
    let (server, _dir) = server::serve_text("flags.json", &flags(2)).await;
    let mut sender = connect(server.port).await;
    let (late, answer) = begin(&mut sender).await;
    let late_answer = tokio::spawn(answer);
    put(&late, r#"{"flagKey": "who", "context": "#).await;
    let (pieces, answer) = begin(&mut sender).await;
    put(
        &pieces,
        r#"{"flagKey": "who", "context": {"targetingKey": "user-1"}}"#,
    )
    .await;
    drop(pieces);
    assert_eq!(read(answer.await).await["value"], "user-1");
    put(&late, r#"{"targetingKey": "user-0"}}"#).await;
    drop(late);
    let late_answer = late_answer.await.expect("a call");
    assert_eq!(read(late_answer).await["value"], "user-0");
}

#[tokio::test]
async fn concurrent_calls_get_their_own_responses() {
    const CALLS: usize = 1_000;
    let (server, _dir) = server::serve_text("flags.json", &flags(CALLS)).await;
    let sender = connect(server.port).await;
    let mut calls = JoinSet::new();
    for i in 0..CALLS {
        let mut sender = sender.clone();
        calls.spawn(async move {
            let (pieces, answer) = begin(&mut sender).await;
            let context = format!(r#"{{"targetingKey": "user-{i}"}}"#);
            let body = format!(r#"{{"flagKey": "who", "context": {context}}}"#);
            // Every other body is sent in two pieces. Empty pieces are skipped: h2 treats a hundred of them as a flood.
            let (head, tail) = body.split_at(if i % 2 == 0 { 0 } else { 9 });
            for piece in [head, tail].into_iter().filter(|piece| !piece.is_empty()) {
                put(&pieces, piece).await;
                tokio::task::yield_now().await;
            }
            drop(pieces);
            assert_eq!(read(answer.await).await["value"], format!("user-{i}"));
        });
    }
    while let Some(done) = calls.join_next().await {
        done.expect("the right answer");
    }
}
