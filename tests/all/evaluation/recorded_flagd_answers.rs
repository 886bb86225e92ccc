//! Answers recorded from a running flagd 0.16.1, and the public `JSONLogic` suite.

use fanion::document::DocumentFormat;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::flagd_recordings::cases;
use crate::support::flagd_recordings::corpus;
use crate::support::flagd_recordings::document;
use crate::support::server;
use crate::support::server::Client;
use crate::support::server::Http;
use crate::support::server::pb::evaluation2 as pb;
use crate::support::server::pb::evaluation2::service_client::ServiceClient;

fn check_in_library(name: &str, expected: usize) {
    let corpus = corpus(name);
    let (ruleset, _) = evaluate::load(&document(&corpus), DocumentFormat::Json);
    let (mut equal, mut wrong) = (0, Vec::new());
    for (key, rule, context, want) in cases(&corpus) {
        let got = evaluate::ask(&ruleset, key, context);
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

/// The recorded answer as the socket shows it: variant and value, or a code.
fn on_the_wire(want: &Value) -> Value {
    match want["errorCode"].as_str() {
        Some("PARSE_ERROR") => json!({"code": "data_loss"}),
        Some("GENERAL") => json!({"code": "unknown"}),
        Some(other) => panic!("no such answer was recorded: {other}"),
        None => {
            json!({"variant": want["variant"], "value": want["value"], "reason": want["reason"]})
        }
    }
}

async fn check_over_grpc(name: &str, expected: usize) {
    let corpus = corpus(name);
    let (server, _dir) = server::serve_text("flags.json", &document(&corpus)).await;
    let mut client = ServiceClient::new(server::channel(&server).await);
    let (mut count, mut wrong) = (0, Vec::new());
    for (key, _, context, want) in cases(&corpus) {
        let request = pb::ResolveStringRequest {
            flag_key: key.to_owned(),
            context: Some(server::proto_struct(context)),
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
    let mut client = Client::connect(server.port, Http::One).await;
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

/// The public suite: rule, data, result. The result is compared as JSON, inside a variant's name.
#[test]
fn the_public_jsonlogic_suite_passes() {
    let path = format!("{}/tests/data/jsonlogic.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the suite");
    let suite: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let mut count = 0;
    for case in suite.iter().filter_map(Value::as_array) {
        let [rule, data, want] = case.as_slice() else {
            panic!("not a case: {case:?}")
        };
        let got = yielded(rule, data);
        assert_eq!(got, spelled(want), "{rule} for {data}");
        count += 1;
    }
    println!("jsonlogic: {count} passed");
    assert!(count > 250, "the suite is whole");
}

/// What a rule yields, by the variant that it selects among all that the suite knows.
fn yielded(rule: &Value, data: &Value) -> String {
    fanion_value(rule, data).map_or_else(|| "fault".to_owned(), |v| spelled(&v))
}

fn fanion_value(rule: &Value, data: &Value) -> Option<Value> {
    use fanion::context::EvaluationContext;
    use fanion::rule::compile;
    use fanion::value::OwnedValue;
    // The suite's data may be any value: it stands below one attribute, and the rule runs over it as over an item.
    let wrapped = json!({"map": [{"var": "data"}, rule]});
    let document = json!({"flags": {"f": {"variants": {}, "targeting": wrapped}}}).to_string();
    let parsed = fanion::document::parse(&document, DocumentFormat::Json, &evaluate::origin());
    let document = parsed.document.expect("a document");
    let node = document.flags[0].targeting.as_ref().expect("a rule");
    let mut report = fanion::diag::DiagnosticSink::new("suite".into());
    let (tree, reads) =
        compile::compile_targeting(node, "f", &[], FractionalVersion::default(), &mut report);
    let arena = bumpalo::Bump::new();
    let body = json!({"context": {"data": [data]}}).to_string();
    let mut context = EvaluationContext::new(&reads, &arena, 0.0);
    let request = fanion::wire::evaluation::request::ResolveRequest::decode_resolve_all(
        fanion::wire::Codec::Json,
        body.as_bytes(),
    )
    .expect("a request");
    for (name, value) in request.decode_attributes(&[], &arena).expect("members") {
        if let Some(read) = reads.root(name.as_bytes()) {
            context.fill_slots(read, value);
        }
    }
    match &tree {
        fanion::rule::decision_tree::DecisionTree::Computed(rule) => {
            let scope = fanion::rule::eval::Scope::root(&context);
            let value = fanion::rule::eval::eval(rule, &scope).ok()?;
            match value.to_owned_value() {
                OwnedValue::List(items) => Some(to_json(&items[0])),
                other => Some(to_json(&other)),
            }
        }
        other => panic!("not a rule: {other:?}"),
    }
}

/// Rules of arithmetic, comparison and logic over numbers, where all implementations of JSONLogic should agree.
fn plain_rule() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (-5_i32..5).prop_map(|n| json!(n)),
        prop_oneof!["x", "y"].prop_map(|name| json!({ "var": name })),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let binary = prop_oneof![
            "[+]", "[-]", "[*]", "<", "<=", ">", ">=", "==", "===", "!=", "!==", "and", "or",
            "max", "min",
        ];
        prop_oneof![
            (binary, inner.clone(), inner.clone()).prop_map(|(op, a, b)| json!({ op: [a, b] })),
            inner.clone().prop_map(|a| json!({"!": [a]})),
            prop::collection::vec(inner, 2..5).prop_map(|clauses| json!({ "if": clauses })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5000) })]

    #[test]
    fn jsonlogic_rs_agrees_on_arithmetic_and_logic(
        rule in plain_rule(), x in -3_i32..3, y in -3_i32..3,
    ) {
        let data = json!({"x": x, "y": y});
        // It computes with booleans where flagd's library refuses: only what both evaluate is compared.
        if let (Ok(theirs), Some(ours)) = (jsonlogic_rs::apply(&rule, &data), fanion_value(&rule, &data)) {
            prop_assert_eq!(spelled(&ours), spelled(&theirs), "{}", rule);
        }
    }
}

fn to_json(literal: &fanion::value::OwnedValue) -> Value {
    let mut text = String::new();
    fanion::wire::protobuf::encode_struct::write_value(&mut text, literal);
    serde_json::from_str(&text).expect("JSON")
}

/// JSON with every number as a float, so that 1 and 1.0 are the same.
fn spelled(value: &Value) -> String {
    match value {
        Value::Number(n) => format!("{:?}", n.as_f64().map(|n| n + 0.0)),
        Value::Array(items) => format!("{:?}", items.iter().map(spelled).collect::<Vec<_>>()),
        other => other.to_string(),
    }
}
