//! `ResolveAll`: skipped flags and the step limit.

use serde_json::json;

use crate::support::server;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::pb::evaluation1;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::EVALUATION_V1;
use crate::support::server::rpc::EVALUATION_V2;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::SCHEMA_V1;
use crate::support::server::rpc::serve_every_type;

#[tokio::test]
async fn resolve_all_skips_flags_as_flagd_does() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let body = client
        .post(
            &format!("{EVALUATION_V1}ResolveAll"),
            &[JSON],
            r#"{"context":{"k":"v"}}"#,
        )
        .await
        .json();
    let flags = body["flags"].as_object().expect("flags");
    let keys: Vec<_> = flags.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "astray", "bool", "broken", "echo", "huge", "int", "object", "off", "string"
        ]
    );
    assert_eq!(flags["echo"]["stringValue"], "v");
    assert_eq!(
        flags["broken"],
        json!({"reason": "ERROR", "variant": "", "boolValue": false,
        "metadata": {"flagSetId": "all", "owner": "nobody"}})
    );
    assert_eq!(flags["off"]["reason"], "DISABLED");
    assert_eq!(body["metadata"], json!({}));
    let old = client
        .post(&format!("{SCHEMA_V1}ResolveAll"), &[JSON], "{}")
        .await
        .json();
    assert_eq!(
        old["flags"]["int"],
        json!({"reason": "STATIC", "variant": "v", "doubleValue": -3.9})
    );
    assert_eq!(old.get("metadata"), None);
    let channel = grpc_client::channel(&server).await;
    let mut grpc = evaluation1::service_client::ServiceClient::new(channel);
    let request = evaluation1::ResolveAllRequest { context: None };
    let all = grpc
        .resolve_all(request)
        .await
        .expect("an answer")
        .into_inner();
    assert_eq!(all.flags.len(), keys.len());
    assert_eq!(
        client
            .post(&format!("{EVALUATION_V2}ResolveAll"), &[JSON], "{}")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn resolve_all_over_the_step_limit_returns_errors() {
    let rule = json!({"if": [{"==": [{"var": {"cat": ["k", "ey"]}}, 1]}, "yes", "no"]});
    let flag =
        json!({"variants": {"yes": true, "no": false}, "defaultVariant": "no", "targeting": rule});
    let flags: serde_json::Map<_, _> = (0..200).map(|i| (format!("f{i}"), flag.clone())).collect();
    let (server, _dir) =
        server::serve_text("flags.json", &json!({ "flags": flags }).to_string()).await;
    let mut context: serde_json::Map<_, _> =
        (0..70_000).map(|i| (format!("{i}"), json!(0))).collect();
    context.insert("key".to_owned(), json!(1));
    let body = json!({ "context": context }).to_string();
    let mut client = HttpClient::connect(server.port, HttpVersion::Http2).await;
    let answer = client
        .post(&format!("{EVALUATION_V1}ResolveAll"), &[JSON], body.clone())
        .await
        .json();
    let entries = answer["flags"].as_object().expect("flags");
    let of = |variant: &str| {
        entries
            .values()
            .filter(|entry| entry["variant"] == variant)
            .count()
    };
    assert_eq!(
        (of("yes") + of(""), of("no")),
        (200, 0),
        "an entry is neither `yes` nor an error"
    );
    assert!(of("yes") > 50 && of("") > 0);
    let single = body.replacen('{', "{\"flagKey\":\"f99\",", 1);
    let answer = client
        .post(&format!("{EVALUATION_V1}ResolveBoolean"), &[JSON], single)
        .await
        .json();
    assert_eq!(answer["value"], true);
}
