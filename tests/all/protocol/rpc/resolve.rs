//! Resolving single flags over Connect: encodings and context.

use prost::Message as _;
use serde_json::json;

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
async fn each_flag_type_has_its_json_encoding() {
    let (server, _dir) = serve_every_type().await;
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let mut client = HttpClient::connect(server.port, version).await;
        for (method, key, value) in [
            ("ResolveBoolean", "bool", json!(false)),
            ("ResolveString", "string", json!("hé\"llo")),
            ("ResolveInt", "int", json!("-3")),
            ("ResolveInt", "huge", json!("-9223372036854775808")),
            ("ResolveFloat", "int", json!(-3.9)),
            ("ResolveObject", "object", json!({"a": [1, {"b": null}]})),
        ] {
            for service in [EVALUATION_V1, EVALUATION_V2, SCHEMA_V1] {
                let answer = resolve_flag(&mut client, &format!("{service}{method}"), key).await;
                assert_eq!(answer.status, 200, "{service}{method}");
                assert_eq!(answer.header("content-type"), "application/json");
                let body = answer.json();
                assert_eq!(body["value"], value, "{service}{method}");
                assert_eq!(body["reason"], "STATIC");
                assert_eq!(body["metadata"]["flagSetId"], "all");
            }
        }
        let body = resolve_flag(
            &mut client,
            &format!("{EVALUATION_V1}ResolveBoolean"),
            "bool",
        )
        .await
        .json();
        assert_eq!(body["metadata"], json!({"flagSetId": "all", "owner": "me"}));
    }
}

#[tokio::test]
async fn disabled_and_defaultless_flags_follow_each_service_version() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let metadata = json!({"flagSetId": "all", "owner": "nobody"});
    let zero =
        |reason| json!({"value": false, "reason": reason, "variant": "", "metadata": metadata});
    let bare = |reason| json!({"reason": reason, "metadata": metadata});
    let not_found = json!({"code": "not_found", "message": "Flag not found"});
    for (service, key, want) in [
        (SCHEMA_V1, "off", zero("DISABLED")),
        (EVALUATION_V1, "off", zero("DISABLED")),
        (EVALUATION_V2, "off", bare("DISABLED")),
        (SCHEMA_V1, "none", zero("DEFAULT")),
        (EVALUATION_V1, "none", not_found),
        (EVALUATION_V2, "none", bare("DEFAULT")),
    ] {
        let answer = resolve_flag(&mut client, &format!("{service}ResolveBoolean"), key).await;
        assert_eq!(answer.json(), want, "{service} {key}");
    }
}

#[tokio::test]
async fn unread_context_attributes_are_skipped() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http2).await;
    let nest = |levels| (0..levels).fold(json!(1), |value, _| json!([value]));
    let path = format!("{EVALUATION_V1}ResolveBoolean");
    // The nesting depth is limited only for attributes that the flag reads.
    for (key, levels, too_deep) in [
        ("bool", 400, false),
        ("echo", 50, false),
        ("echo", 400, true),
    ] {
        let request = evaluation1::ResolveBooleanRequest {
            flag_key: key.to_owned(),
            context: Some(grpc_client::proto_struct(&json!({"k": nest(levels)}))),
        };
        let proto = ["content-type: application/proto"];
        let answer = client.post(&path, &proto, request.encode_to_vec()).await;
        let body = String::from_utf8_lossy(&answer.body);
        assert_eq!(
            body.contains("recursion depth"),
            too_deep,
            "{key} {levels}: {body}"
        );
    }
}

#[tokio::test]
async fn last_duplicate_context_key_wins() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let body = r#"{"flagKey":"echo","context":{"k":"w","k":"v"}}"#;
    let answer = client
        .post(&format!("{EVALUATION_V1}ResolveString"), &[JSON], body)
        .await;
    assert_eq!(answer.json()["value"], "v");
}

#[tokio::test]
async fn missing_object_value_is_empty_before_evaluation_v2() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http2).await;
    let request = evaluation1::ResolveObjectRequest {
        flag_key: "off".into(),
        context: None,
    };
    for (service, want) in [
        (SCHEMA_V1, Some(prost_types::Struct::default())),
        (EVALUATION_V1, Some(prost_types::Struct::default())),
        (EVALUATION_V2, None),
    ] {
        let path = format!("{service}ResolveObject");
        let proto = ["content-type: application/proto"];
        let answer = client.post(&path, &proto, request.encode_to_vec()).await;
        let answer = evaluation1::ResolveObjectResponse::decode(answer.body).expect("a message");
        assert_eq!(
            (answer.reason.as_str(), answer.value),
            ("DISABLED", want),
            "{service}"
        );
    }
}
