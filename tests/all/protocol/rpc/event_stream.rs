//! Event streams of the evaluation service.

use std::time::Duration;

use crate::support::server;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::pb::evaluation1::EventStreamRequest;
use crate::support::server::grpc_client::pb::evaluation1::service_client::ServiceClient;
use crate::support::server::http_client;

async fn next(
    stream: &mut tonic::Streaming<grpc_client::pb::evaluation1::EventStreamResponse>,
) -> (String, Option<prost_types::Struct>) {
    let message = tokio::time::timeout(crate::support::wait::DEADLINE, stream.message());
    let message = message
        .await
        .expect("in time")
        .expect("no error")
        .expect("not the end");
    (message.r#type, message.data)
}

/// An event stream.
async fn open(
    server: &server::Server,
) -> tonic::Streaming<grpc_client::pb::evaluation1::EventStreamResponse> {
    let mut client = ServiceClient::new(grpc_client::channel(server).await);
    let opened = client.event_stream(EventStreamRequest {}).await;
    opened.expect("a stream").into_inner()
}

fn changed(data: Option<prost_types::Struct>) -> Vec<(String, String)> {
    use prost_types::value::Kind;
    let member = |value: &prost_types::Value, name: &str| match &value.kind {
        Some(Kind::StructValue(members)) => members.fields.get(name).cloned(),
        _ => None,
    };
    let data = data.expect("data");
    let Some(Kind::StructValue(flags)) = &data.fields["flags"].kind else {
        panic!("no flags: {data:?}")
    };
    let change = |(key, value): (&String, &prost_types::Value)| {
        let Some(Kind::StringValue(kind)) = member(value, "type").and_then(|v| v.kind) else {
            panic!("no type: {value:?}")
        };
        (key.clone(), kind)
    };
    flags.fields.iter().map(change).collect()
}

#[tokio::test]
async fn stream_sends_provider_ready_then_configuration_change() {
    let (server, directory) = server::serve_text("flags.yaml", "flags: {a: {}, b: {}}").await;
    let mut stream = open(&server).await;
    assert_eq!(
        next(&mut stream).await,
        (
            "provider_ready".to_owned(),
            Some(prost_types::Struct::default())
        )
    );
    let text = "flags: {b: {state: DISABLED}, c: {}}";
    std::fs::write(directory.path().join("flags.yaml"), text).expect("a file");
    let (kind, data) = next(&mut stream).await;
    assert_eq!(kind, "configuration_change");
    let pair = |key: &str, kind: &str| (key.to_owned(), kind.to_owned());
    assert_eq!(
        changed(data),
        [pair("a", "delete"), pair("b", "update"), pair("c", "write")]
    );
}

#[tokio::test]
async fn idle_stream_sends_keep_alive_and_provider_shutdown() {
    let settings = fanion::serve::ServeConfig {
        keep_alive_interval: Duration::from_millis(20),
        ..fanion::serve::ServeConfig::default()
    };
    let (server, _directory) = server::serve_with("flags.yaml", "flags: {}", settings).await;
    let mut stream = open(&server).await;
    assert_eq!(next(&mut stream).await.0, "provider_ready");
    assert_eq!(next(&mut stream).await, ("keep_alive".to_owned(), None));
    server.shutdown.send(true).expect("the server runs");
    let mut last = next(&mut stream).await;
    while last.0 == "keep_alive" {
        last = next(&mut stream).await;
    }
    assert_eq!(last.0, "provider_shutdown");
    // Some providers reopen a stream only after an error.
    let end = stream.message().await.expect_err("the stream is cut");
    assert_eq!(end.code(), tonic::Code::Unavailable);
    let ended = server.ended.await.expect("the server does not panic");
    assert_eq!(ended, Ok(()));
}

#[tokio::test]
async fn edit_without_effect_sends_no_event() {
    let (server, directory) = server::serve_text("flags.yaml", "flags: {a: {}}").await;
    let mut stream = open(&server).await;
    assert_eq!(next(&mut stream).await.0, "provider_ready");
    let path = directory.path().join("flags.yaml");
    let mut generation = server.live.subscribe();
    std::fs::write(&path, "# a comment\nflags: {a: {}}").expect("a file");
    generation.changed().await.expect("a new generation");
    std::fs::write(&path, "flags: {a: {}, b: {}}").expect("a file");
    let (kind, data) = next(&mut stream).await;
    assert_eq!(kind, "configuration_change");
    assert_eq!(changed(data), [("b".to_owned(), "write".to_owned())]);
}

#[tokio::test]
async fn stream_deadline_ends_streams_except_in_schema_v1() {
    use crate::support::server::grpc_client::pb::schema1;
    use crate::support::server::grpc_client::pb::sync1;
    let settings = fanion::serve::ServeConfig {
        stream_deadline: Duration::from_millis(50),
        keep_alive_interval: Duration::from_millis(200),
        ..fanion::serve::ServeConfig::default()
    };
    let (server, _directory) = server::serve_with("flags.yaml", "flags: {}", settings).await;
    let mut stream = open(&server).await;
    assert_eq!(next(&mut stream).await.0, "provider_ready");
    let status = stream.message().await.expect_err("the deadline");
    assert_eq!(status.code(), tonic::Code::DeadlineExceeded);
    assert_eq!(status.message(), "stream closed due to server-side timeout");
    let sync = grpc_client::channel_to(server.sync).await;
    let mut client = sync1::flag_sync_service_client::FlagSyncServiceClient::new(sync);
    let opened = client.sync_flags(sync1::SyncFlagsRequest::default()).await;
    let mut stream = opened.expect("a stream").into_inner();
    stream
        .message()
        .await
        .expect("no error")
        .expect("the flags");
    let status = stream.message().await.expect_err("the deadline");
    assert_eq!(status.code(), tonic::Code::DeadlineExceeded);
    let mut client =
        schema1::service_client::ServiceClient::new(grpc_client::channel(&server).await);
    let opened = client.event_stream(schema1::EventStreamRequest {}).await;
    let mut stream = opened.expect("a stream").into_inner();
    for want in ["provider_ready", "keep_alive", "keep_alive"] {
        let message = stream
            .message()
            .await
            .expect("no error")
            .expect("not the end");
        assert_eq!(message.r#type, want);
    }
}

#[tokio::test]
async fn client_deadline_ends_the_stream() {
    let (server, _directory) = server::serve_text("flags.yaml", "flags: {}").await;
    let mut client = ServiceClient::new(grpc_client::channel(&server).await);
    let mut request = tonic::Request::new(EventStreamRequest {});
    let metadata = "50m".parse().expect("a timeout");
    request.metadata_mut().insert("grpc-timeout", metadata);
    let mut stream = client
        .event_stream(request)
        .await
        .expect("a stream")
        .into_inner();
    assert_eq!(next(&mut stream).await.0, "provider_ready");
    let status = stream.message().await.expect_err("the stream ends");
    assert_eq!(status.code(), tonic::Code::DeadlineExceeded);
    let path = "/flagd.evaluation.v1.Service/EventStream";
    let headers = [
        "content-type: application/connect+json",
        "connect-timeout-ms: 50",
    ];
    let mut client =
        http_client::HttpClient::connect(server.port, http_client::HttpVersion::Http1).await;
    let answer = client.post(path, &headers, &b"\0\0\0\0\x02{}"[..]).await;
    assert!(answer.text().contains("deadline_exceeded"), "{answer:?}");
}

#[tokio::test]
async fn stream_request_must_be_exactly_one_message() {
    let (server, _directory) = server::serve_text("flags.yaml", "flags: {}").await;
    let path = "/flagd.evaluation.v1.Service/EventStream";
    for (body, code) in [
        (&b""[..], "12"),
        (b"\0\0\0", "3"),
        (b"\0\0\0\0\x09ab", "3"),
        (b"\0\0\0\0\0\0\0\0\0\0", "12"),
        (b"\x04\0\0\0\0", "13"),
        (b"\0\0\0\0\x01{", "3"),
        (b"\0\0\0\0\0\0", "3"),
    ] {
        let headers = ["content-type: application/grpc"];
        let mut client =
            http_client::HttpClient::connect(server.port, http_client::HttpVersion::Http2).await;
        let answer = client.post(path, &headers, body).await;
        assert_eq!(answer.header("grpc-status"), code, "{body:?}");
    }
    let headers = ["content-type: application/connect+json"];
    let mut client =
        http_client::HttpClient::connect(server.port, http_client::HttpVersion::Http2).await;
    let answer = client.post(path, &headers, &b"\0\0\0\0\x01["[..]).await;
    assert!(answer.text().contains("invalid_argument"), "{answer:?}");
}
