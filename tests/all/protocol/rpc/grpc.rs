//! The evaluation service over gRPC.

use serde_json::Value;
use serde_json::json;
use tonic::Code;

use crate::support::server::grpc_client;
use crate::support::server::grpc_client::grpc_frame;
use crate::support::server::grpc_client::pb::evaluation1;
use crate::support::server::grpc_client::pb::evaluation2;
use crate::support::server::grpc_client::pb::schema1;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::EVALUATION_V1;
use crate::support::server::rpc::serve_every_type;

/// Resolves a boolean flag with any of the generated clients: value, reason and variant, or code and message.
macro_rules! resolve_boolean {
    ($client:ident, $package:ident, $key:literal) => {
        $client
            .resolve_boolean($package::ResolveBooleanRequest {
                flag_key: $key.to_owned(),
                context: None,
            })
            .await
            .map(|answer| {
                let answer = answer.into_inner();
                (json!(answer.value), answer.reason, json!(answer.variant))
            })
            .map_err(|status| (status.code(), status.message().to_owned()))
    };
}

#[tokio::test]
async fn grpc_serves_all_three_service_versions() {
    let (server, _dir) = serve_every_type().await;
    let channel = grpc_client::channel(&server).await;
    let mut v1 = evaluation1::service_client::ServiceClient::new(channel.clone());
    let mut v2 = evaluation2::service_client::ServiceClient::new(channel.clone());
    let mut old = schema1::service_client::ServiceClient::new(channel);
    let answer =
        |value: Value, reason: &str, variant: Value| Ok((value, reason.to_owned(), variant));
    let got = resolve_boolean!(v1, evaluation1, "bool");
    assert_eq!(got, answer(json!(false), "STATIC", json!("off")));
    let got = resolve_boolean!(v2, evaluation2, "bool");
    assert_eq!(got, answer(json!(false), "STATIC", json!("off")));
    let got = resolve_boolean!(old, schema1, "bool");
    assert_eq!(got, answer(json!(false), "STATIC", json!("off")));
    let got = resolve_boolean!(v1, evaluation1, "off");
    assert_eq!(got, answer(json!(false), "DISABLED", json!("")));
    let got = resolve_boolean!(v2, evaluation2, "off");
    assert_eq!(got, answer(Value::Null, "DISABLED", Value::Null));
    let got = resolve_boolean!(v2, evaluation2, "none");
    assert_eq!(got, answer(Value::Null, "DEFAULT", Value::Null));
    let error = |code, text: &str| Err((code, text.to_owned()));
    let got = resolve_boolean!(v1, evaluation1, "none");
    assert_eq!(got, error(Code::NotFound, "Flag not found"));
    let got = resolve_boolean!(v1, evaluation1, "missing");
    assert_eq!(got, error(Code::NotFound, "Flag not found"));
    let got = resolve_boolean!(v1, evaluation1, "string");
    assert_eq!(got, error(Code::InvalidArgument, "Type mismatch error"));
    let text = "Error parsing input or configuration";
    let got = resolve_boolean!(v1, evaluation1, "broken");
    assert_eq!(got, error(Code::DataLoss, text));
    let got = resolve_boolean!(old, schema1, "astray");
    assert_eq!(got, error(Code::Unknown, "General error"));
}

#[tokio::test]
async fn unary_request_must_be_exactly_one_message() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http2).await;
    let path = format!("{EVALUATION_V1}ResolveBoolean");
    let grpc = ["content-type: application/grpc", "te: trailers"];
    for (body, status) in [
        (Vec::new(), "12"),
        (grpc_frame(b"").repeat(2), "12"),
        (vec![0, 0, 0, 0, 9, 1], "3"),
        (vec![0, 0], "3"),
        (vec![0, 0, 0, 0, 0, 0], "3"),
        (vec![1, 0, 0, 0, 0], "13"),
        (vec![4, 0, 0, 0, 0], "13"),
        (vec![0x80, 0, 0, 0, 0], "13"),
        (grpc_frame(b"\xff"), "3"),
    ] {
        let answer = client.post(&path, &grpc, body.clone()).await;
        assert_eq!(answer.header("grpc-status"), status, "{body:?}");
    }
    let timeout = ["content-type: application/grpc", "grpc-timeout: 1x"];
    let answer = client.post(&path, &timeout, grpc_frame(b"")).await;
    assert_eq!(answer.header("grpc-status"), "3");
}
