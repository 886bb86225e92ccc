//! Content types of requests and responses.

use prost::Message as _;
use serde_json::Value;
use serde_json::json;

use crate::support::server::grpc_client;
use crate::support::server::grpc_client::grpc_frame;
use crate::support::server::grpc_client::pb::evaluation1;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::EVALUATION_V1;
use crate::support::server::rpc::serve_every_type;

#[tokio::test]
async fn every_content_type_returns_the_same_value() {
    let (server, _dir) = serve_every_type().await;
    let request = evaluation1::ResolveStringRequest {
        flag_key: "echo".to_owned(),
        context: Some(grpc_client::proto_struct(&json!({"k": "v"}))),
    };
    let (proto, text) = (
        request.encode_to_vec(),
        json!({"flag_key": "echo", "context": {"k": "v"}, "x": 1}),
    );
    let text = text.to_string().into_bytes();
    let path = format!("{EVALUATION_V1}ResolveString");
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let mut client = HttpClient::connect(server.port, version).await;
        for (kind, body) in [
            ("application/proto", proto.clone()),
            ("application/json; charset=utf-8", text.clone()),
            ("application/grpc-web", grpc_frame(&proto)),
            ("application/grpc-web+proto", grpc_frame(&proto)),
            ("application/grpc-web+json", grpc_frame(&text)),
            ("application/grpc", grpc_frame(&proto)),
            ("application/grpc+json", grpc_frame(&text)),
        ] {
            let content = format!("content-type: {kind}");
            let answer = client.post(&path, &[&content, "te: trailers"], body).await;
            assert_eq!(answer.status, 200, "{kind}");
            assert_eq!(answer.header("content-type"), kind);
            let (message, rest) = if kind.contains("grpc") {
                let length = u32::from_be_bytes(answer.body[1..5].try_into().expect("a length"));
                answer.body[5..].split_at(usize::try_from(length).expect("a length"))
            } else {
                (&answer.body[..], &[][..])
            };
            let value = if kind.contains("json") {
                serde_json::from_slice::<Value>(message).expect("JSON")["value"].to_string()
            } else {
                let decoded = evaluation1::ResolveStringResponse::decode(message);
                json!(decoded.expect("a message").value).to_string()
            };
            assert_eq!(value, "\"v\"", "{kind}");
            if kind.contains("grpc-web") {
                assert_eq!(rest[0], 0x80);
                assert!(String::from_utf8_lossy(rest).contains("grpc-status: 0\r\n"));
            }
        }
    }
}

#[tokio::test]
async fn response_content_type_is_normalized() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http2).await;
    let path = format!("{EVALUATION_V1}ResolveBoolean");
    for (given, repeated) in [
        ("application/json", "application/json"),
        ("Application/JSON", "application/json"),
        (
            "application/json;charset=UTF-8",
            "application/json; charset=utf-8",
        ),
        (
            "application/json ; charset=\"utf-8\"",
            "application/json; charset=utf-8",
        ),
    ] {
        let kind = format!("content-type: {given}");
        let answer = client.post(&path, &[&kind], r#"{"flagKey":"bool"}"#).await;
        assert_eq!(answer.header("content-type"), repeated, "{given}");
    }
}
