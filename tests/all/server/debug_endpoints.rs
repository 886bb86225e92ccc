//! The debug endpoints of the management port: evaluation, explanation, source state.

use fanion::serve::ServeConfig;
use fanion::serve::admin::debug::DebugAccess;
use fanion::serve::admin::debug::DebugConfig;
use fanion::wire::context::enrichment::ContextEnrichment;
use http::Request;
use http_body_util::Full;
use serde_json::Value;
use serde_json::json;

use crate::support::server;
use crate::support::server::Server;
use crate::support::server::http_client;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpResponse;
use crate::support::server::http_client::HttpVersion;
use crate::support::temp_dir::TempDir;
use crate::support::wait::poll_until;

const FLAGS: &str = r#"{"flags": {
    "half": {"variants": {"on": true, "off": false}, "defaultVariant": "off",
        "targeting": {"fractional": [["on", 50], ["off", 50]]}},
    "ring": {"variants": {"on": true, "off": false}, "defaultVariant": "off",
        "targeting": {"if": [{"==": [{"var": "ring"}, "beta"]}, "on"]}},
    "a/b": {"variants": {"x": {"y": [1]}}, "defaultVariant": "x"},
    "faulty": {"defaultVariant": "x"},
    "gone": {"state": "DISABLED"}}}"#;

pub async fn start_replica(name: &str, access: DebugAccess) -> (Server, TempDir) {
    let dir = TempDir::new();
    let path = dir.path().join("flags.json");
    std::fs::write(&path, FLAGS).expect("a file");
    let debugging = DebugConfig {
        access,
        replica: name.into(),
        ..DebugConfig::default()
    };
    let settings = ServeConfig {
        debug: debugging,
        ..ServeConfig::default()
    };
    (server::start_with(&path, settings).await, dir)
}

pub async fn send_to_management(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> HttpResponse {
    let mut client = HttpClient::connect(server.management, HttpVersion::Http1).await;
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request
        .body(Full::new(body.to_owned().into()))
        .expect("a request");
    client.send(request).await
}

async fn get_json(server: &Server, path: &str) -> Value {
    let answer = send_to_management(server, "GET", path, &[], "").await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

#[tokio::test]
async fn targeting_key_defaults_to_the_replica_id() {
    let mut variants = std::collections::BTreeMap::new();
    for at in 0..12 {
        let name = format!("pod-{at}");
        let (server, _dir) = start_replica(&name, DebugAccess::Open).await;
        let answer = get_json(&server, "/debug/flags/half").await;
        assert_eq!(answer["replica"], name);
        assert_eq!(answer["targetingKey"], name);
        assert_eq!(answer["reason"], "TARGETING_MATCH");
        let body = json!({"flagKey": "half", "context": {"targetingKey": name}}).to_string();
        let asked = http_client::call(
            &server,
            "/flagd.evaluation.v2.Service/ResolveBoolean",
            &body,
        )
        .await;
        assert_eq!(
            answer["variant"],
            asked.json()["variant"],
            "another caller with the same targeting key gets another variant"
        );
        *variants
            .entry(answer["variant"].as_str().expect("text").to_owned())
            .or_insert(0) += 1;
    }
    assert_eq!(
        variants.len(),
        2,
        "replicas must show both variants: {variants:?}"
    );
}

#[tokio::test]
async fn flag_response_includes_definition_rule_and_generation() {
    let (server, _dir) = start_replica("pod", DebugAccess::Open).await;
    let answer = get_json(&server, "/debug/flags/half").await;
    assert_eq!(answer["key"], "half");
    assert_eq!(answer["generation"], 1);
    let pointed = format!("/definition{}", answer["rule"].as_str().expect("a pointer"));
    let share = answer.pointer(&pointed).expect("a rule");
    assert_eq!(share, &json!([answer["variant"], 50]), "{answer}");
    assert_eq!(
        answer["definition"]["targeting"],
        json!({"fractional": [["on", 50], ["off", 50]]})
    );
    let answer = get_json(
        &server,
        "/debug/flags/ring?context=%7B%22ring%22:%22beta%22%7D",
    )
    .await;
    assert_eq!(answer["rule"], "/targeting/if/1");
    assert_eq!(
        answer["context"],
        json!({"ring": "beta", "targetingKey": "pod"})
    );
    assert_eq!(answer["fractional"], "v2");
    assert!(answer["timestamp"].as_f64().expect("a number") > 1.7e9);
    let answer = get_json(&server, "/debug/flags/a%2Fb").await;
    assert_eq!(answer["value"], json!({"y": [1]}));
    assert_eq!(answer["reason"], "STATIC");
    assert_eq!(answer["rule"], Value::Null);
    let answer = get_json(&server, "/debug/flags/faulty").await;
    assert_eq!(
        (&answer["reason"], &answer["errorCode"]),
        (&json!("ERROR"), &json!("GENERAL"))
    );
    assert_eq!(
        get_json(&server, "/debug/flags/gone").await["reason"],
        "DISABLED"
    );
    let answer = send_to_management(&server, "GET", "/debug/flags/nothing", &[], "").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json(), json!({"error": "flag not found"}));
}

#[tokio::test]
async fn context_is_taken_from_query_or_body() {
    let (server, _dir) = start_replica("pod", DebugAccess::Open).await;
    let unit = async |path: &str| get_json(&server, path).await["targetingKey"].clone();
    assert_eq!(
        unit("/debug/flags/half?targetingKey=emp%2042").await,
        "emp 42"
    );
    assert_eq!(
        unit("/debug/flags/half?context=%7B%22targetingKey%22%3A%22u%22%7D").await,
        "u"
    );
    assert_eq!(
        unit("/debug/flags/half?context=%7B%22targetingKey%22%3A%22u%22%7D&targetingKey=v").await,
        "v"
    );
    let answer = get_json(
        &server,
        "/debug/flags/ring?context=%7B%22ring%22%3A%22beta%22%7D",
    )
    .await;
    assert_eq!(
        (&answer["variant"], &answer["targetingKey"]),
        (&json!("on"), &json!("pod"))
    );
    let body = r#"{"context": {"ring": "beta"}}"#;
    for headers in [
        &[("content-type", "application/json")][..],
        &[("content-type", "application/x-www-form-urlencoded")],
        &[("content-type", "text/plain;charset=UTF-8")],
        &[],
    ] {
        let path = "/debug/flags/ring";
        let answer = send_to_management(&server, "POST", path, headers, body).await;
        assert_eq!(answer.json()["variant"], "on", "{headers:?}");
    }
    let answer = send_to_management(&server, "POST", "/debug/flags", &[], body)
        .await
        .json();
    let ring = answer["flags"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|flag| flag["key"] == "ring");
    assert_eq!(ring.expect("a listed flag")["variant"], "on");
    for (path, body) in [
        ("/debug/flags/ring?context=%7B", ""),
        ("/debug/flags/ring?context=%5B%5D", ""),
        ("/debug/flags/ring?ring=beta", ""),
        ("/debug/flags/ring?targetingKey=%FF", ""),
        ("/debug/flags/ring?context=%7B%7D", "{}"),
        ("/debug/flags/ring", "[]"),
        ("/debug/flags/ring", r#"{"ring": "beta"}"#),
    ] {
        let answer = send_to_management(&server, "POST", path, &[], body).await;
        assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text());
    }
}

#[tokio::test]
async fn sources_endpoint_reports_sync_state_and_errors() {
    let dir = TempDir::new();
    let path = dir.path().join("flags.json");
    std::fs::write(&path, FLAGS).expect("a file");
    let live = std::sync::Arc::new(fanion::live::Live::default());
    let specs = [fanion::source::spec::SourceSpec::from_path(&path)];
    let loader = fanion::source::updater::loader::Loader::new(
        &specs,
        &fanion::source::SourceConfig::default(),
        live.clone(),
    );
    let debugging = DebugConfig {
        access: DebugAccess::Open,
        replica: "pod".into(),
        statuses: loader.statuses(),
        ..DebugConfig::default()
    };
    let settings = ServeConfig {
        debug: debugging,
        ..ServeConfig::default()
    };
    let server = server::start_loader(loader, live, settings).await;
    let answer = get_json(&server, "/debug/sources").await;
    assert_eq!(answer, get_json(&server, "/debug/sync").await);
    assert_eq!(
        (&answer["ready"], &answer["generation"]),
        (&json!(true), &json!(1))
    );
    let source = &answer["sources"][0];
    assert_eq!(
        (&source["sync"], &source["kind"]),
        (&json!("current"), &json!("file"))
    );
    assert_eq!(
        (&source["accepted"], &source["age"]),
        (&json!(1), &json!(0.0))
    );
    assert_eq!(
        get_json(&server, "/debug/flags/half").await["source"]["sync"],
        "current"
    );
    std::fs::write(&path, "{").expect("a file");
    let is_stale = async || {
        let sources = get_json(&server, "/debug/sources").await;
        sources["sources"][0]["sync"] == "stale"
    };
    poll_until(is_stale, || "the source never becomes stale".to_owned()).await;
    let answer = get_json(&server, "/debug/flags/half").await;
    let source = &answer["source"];
    assert!(
        source["lastError"]
            .as_str()
            .is_some_and(|why| why.contains("F001")),
        "{source}"
    );
    assert!(
        answer["variant"].is_string(),
        "the last good flags are lost"
    );
}

#[tokio::test]
async fn static_context_applies_and_no_impression_is_counted() {
    let dir = TempDir::new();
    let path = dir.path().join("flags.json");
    std::fs::write(&path, FLAGS).expect("a file");
    let debugging = DebugConfig {
        access: DebugAccess::Open,
        ..DebugConfig::default()
    };
    let extra = ContextEnrichment {
        static_values: vec![("ring".into(), "beta".into())],
        ..ContextEnrichment::default()
    };
    let settings = ServeConfig {
        debug: debugging,
        added_context: extra,
        ..ServeConfig::default()
    };
    let server = server::start_with(&path, settings).await;
    assert_eq!(
        get_json(&server, "/debug/flags/ring").await["variant"],
        "on"
    );
    let metrics = send_to_management(&server, "GET", "/metrics", &[], "").await;
    assert!(
        !metrics
            .text()
            .contains("feature_flag_flagd_impression_total{")
    );
}
