//! Recorded answers of flagd, in the library and over every protocol.

use fanion::document::DocumentFormat;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::flagd::recordings::cases;
use crate::support::flagd::recordings::corpus;
use crate::support::flagd::recordings::document;
use crate::support::server;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::pb::evaluation2 as pb;
use crate::support::server::grpc_client::pb::evaluation2::service_client::ServiceClient;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;

fn check_in_library(name: &str, expected: usize) {
    let corpus = corpus(name);
    let (ruleset, _) = evaluate::load(&document(&corpus), DocumentFormat::Json);
    let (mut equal, mut wrong) = (0, Vec::new());
    for (key, rule, context, want) in cases(&corpus) {
        let got = evaluate::evaluate(&ruleset, key, context);
        let same = ["variant", "reason", "errorCode"]
            .iter()
            .all(|k| got[k] == want[k]);
        if same {
            equal += 1;
        } else {
            wrong.push(format!("{key} {rule} {context}: {want}, got {got}"));
        }
    }
    println!("{name}: {equal} equal, {} wrong", wrong.len());
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(equal, expected);
}

#[test]
fn realistic_rules_answer_as_flagd() {
    check_in_library("realistic", 3200);
}

#[test]
fn wild_rules_answer_as_flagd() {
    check_in_library("wild", 2000);
}

/// The recorded response as sent over the wire: variant and value, or an error code.
fn on_the_wire(want: &Value) -> Value {
    match want["errorCode"].as_str() {
        Some("PARSE_ERROR") => json!({"code": "data_loss"}),
        Some("GENERAL") => json!({"code": "unknown"}),
        Some(other) => panic!("unexpected recorded error code: {other}"),
        None => {
            json!({"variant": want["variant"], "value": want["value"], "reason": want["reason"]})
        }
    }
}

async fn check_over_grpc(name: &str, expected: usize) {
    let corpus = corpus(name);
    let (server, _dir) = server::serve_text("flags.json", &document(&corpus)).await;
    let mut client = ServiceClient::new(grpc_client::channel(&server).await);
    let (mut count, mut wrong) = (0, Vec::new());
    for (key, _, context, want) in cases(&corpus) {
        let request = pb::ResolveStringRequest {
            flag_key: key.to_owned(),
            context: Some(grpc_client::proto_struct(context)),
        };
        let got = match client.resolve_string(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                json!({"variant": answer.variant, "value": answer.value, "reason": answer.reason})
            }
            Err(status) if status.code() == tonic::Code::DataLoss => json!({"code": "data_loss"}),
            Err(status) if status.code() == tonic::Code::Unknown => json!({"code": "unknown"}),
            Err(status) => panic!("{key}: {status}"),
        };
        count += 1;
        if got != on_the_wire(want) {
            wrong.push(format!("{key} {context}: {want}, got {got}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(count, expected);
}

async fn check_over_connect(name: &str, expected: usize) {
    let corpus = corpus(name);
    let (server, _dir) = server::serve_text("flags.json", &document(&corpus)).await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let (mut count, mut wrong) = (0, Vec::new());
    for (key, _, context, want) in cases(&corpus) {
        let body = json!({"flagKey": key, "context": context}).to_string();
        let path = "/flagd.evaluation.v2.Service/ResolveString";
        let answer = client
            .post(path, &["content-type: application/json"], body)
            .await
            .json();
        let got = match &answer["code"] {
            Value::String(code) => json!({ "code": code }),
            _ => {
                json!({"variant": answer["variant"], "value": answer["value"], "reason": answer["reason"]})
            }
        };
        count += 1;
        if got != on_the_wire(want) {
            wrong.push(format!("{key} {context}: {want}, got {got}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(count, expected);
}

#[tokio::test]
async fn realistic_rules_answer_as_flagd_over_grpc() {
    check_over_grpc("realistic", 3200).await;
}

#[tokio::test]
async fn wild_rules_answer_as_flagd_over_grpc() {
    check_over_grpc("wild", 2000).await;
}

#[tokio::test]
async fn realistic_rules_answer_as_flagd_over_connect() {
    check_over_connect("realistic", 3200).await;
}

#[tokio::test]
async fn wild_rules_answer_as_flagd_over_connect() {
    check_over_connect("wild", 2000).await;
}
