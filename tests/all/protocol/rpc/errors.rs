//! Error codes, messages and statuses of the evaluation service.

use http_body_util::Full;
use serde_json::json;
use tonic::Code;

use crate::support::server;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::pb::evaluation1;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::EVALUATION_V1;
use crate::support::server::rpc::EVALUATION_V2;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::SCHEMA_V1;
use crate::support::server::rpc::resolve_flag;
use crate::support::server::rpc::serve_every_type;

#[tokio::test]
async fn errors_have_flagd_codes_messages_and_statuses() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    for (method, key, status, code, message) in [
        (
            "ResolveBoolean",
            "missing",
            404,
            "not_found",
            "Flag not found",
        ),
        (
            "ResolveBoolean",
            "string",
            400,
            "invalid_argument",
            "Type mismatch error",
        ),
        (
            "ResolveObject",
            "list",
            400,
            "invalid_argument",
            "Type mismatch error",
        ),
        (
            "ResolveBoolean",
            "broken",
            500,
            "data_loss",
            "Error parsing input or configuration",
        ),
        ("ResolveBoolean", "astray", 500, "unknown", "General error"),
    ] {
        for service in [EVALUATION_V1, EVALUATION_V2, SCHEMA_V1] {
            let answer = resolve_flag(&mut client, &format!("{service}{method}"), key).await;
            assert_eq!(answer.status, status, "{key}");
            assert_eq!(answer.json(), json!({"code": code, "message": message}));
        }
    }
}

#[tokio::test]
async fn unknown_path_and_method_are_rejected() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let answer = client
        .post("/flagd.evaluation.v1.Service/Nothing", &[JSON], "{}")
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.text()),
        (404, "404 page not found\n")
    );
    let get = http::Request::get(format!("http://localhost{EVALUATION_V1}ResolveBoolean"));
    let answer = client
        .send(
            get.header("host", "x")
                .body(Full::default())
                .expect("a request"),
        )
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("allow")),
        (405, "POST")
    );
    // Paths are compared without percent-decoding.
    for path in ["Service%2FResolveBoolean", "Service/Resolve%42oolean"] {
        let path = format!("/flagd.evaluation.v1.{path}");
        let answer = client.post(&path, &[JSON], r#"{"flagKey":"bool"}"#).await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test]
async fn unsupported_content_type_returns_415_and_accept_post() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    for (kind, method, accepts) in [
        ("text/plain", "ResolveBoolean", "application/proto"),
        (
            "application/connect+json",
            "ResolveBoolean",
            "application/json",
        ),
        (
            "application/json",
            "EventStream",
            "application/connect+json",
        ),
        (
            "application/grpc-web-text",
            "ResolveBoolean",
            "application/grpc-web",
        ),
    ] {
        let answer = client
            .post(
                &format!("{EVALUATION_V1}{method}"),
                &[&format!("content-type: {kind}")],
                "{}",
            )
            .await;
        assert_eq!(answer.status, 415, "{kind}");
        assert!(answer.header("accept-post").contains(accepts));
    }
}

#[tokio::test]
async fn unknown_grpc_method_is_unimplemented() {
    let (server, _dir) = serve_every_type().await;
    let mut grpc = tonic::client::Grpc::new(grpc_client::channel(&server).await);
    grpc.ready().await.expect("a connection");
    let codec = tonic_prost::ProstCodec::<
        evaluation1::ResolveAllRequest,
        evaluation1::ResolveAllResponse,
    >::default();
    let path = http::uri::PathAndQuery::from_static("/no.Service/Method");
    let request = tonic::Request::new(evaluation1::ResolveAllRequest { context: None });
    let status = grpc
        .unary(request, path, codec)
        .await
        .expect_err("no such method");
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn context_with_too_many_values_is_rejected() {
    let rule = json!({"if": [{"in": [1, {"var": "read"}]}, "on", "off"]});
    let flag =
        json!({"variants": {"on": true, "off": false}, "defaultVariant": "off", "targeting": rule});
    let document = json!({"flags": {"f": flag}}).to_string();
    let (server, _dir) = server::serve_text("flags.json", &document).await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    for (attribute, count, status) in [
        ("read", 100_000, 200),
        ("read", 100_001, 400),
        ("other", 200_000, 200),
    ] {
        let context = json!({attribute: vec![0; count]});
        let body = json!({"flagKey": "f", "context": context}).to_string();
        let answer = client
            .post(&format!("{EVALUATION_V1}ResolveBoolean"), &[JSON], body)
            .await;
        assert_eq!(answer.status, status, "{attribute} {count}");
        if status == 400 {
            assert_eq!(
                answer.json(),
                json!({"code": "invalid_argument", "message":
                    "unmarshal message: the lists and objects of the context have more than 100000 values"})
            );
        }
    }
}
