//! What a replica says of itself on the management port, and to whom.

use fanion::config;
use fanion::serve::ServeConfig;
use fanion::serve::admin::debug::DebugAccess;
use fanion::serve::admin::debug::DebugConfig;
use fanion::wire::context::enrichment::ContextEnrichment;
use http::Request;
use http_body_util::Full;
use serde_json::Value;
use serde_json::json;

use crate::support::server;
use crate::support::server::Answer;
use crate::support::server::Client;
use crate::support::server::Http;
use crate::support::server::Server;

const FLAGS: &str = r#"{"flags": {
    "half": {"variants": {"on": true, "off": false}, "defaultVariant": "off",
        "targeting": {"fractional": [["on", 50], ["off", 50]]}},
    "ring": {"variants": {"on": true, "off": false}, "defaultVariant": "off",
        "targeting": {"if": [{"==": [{"var": "ring"}, "beta"]}, "on"]}},
    "a/b": {"variants": {"x": {"y": [1]}}, "defaultVariant": "x"},
    "faulty": {"defaultVariant": "x"},
    "gone": {"state": "DISABLED"}}}"#;

async fn replica(name: &str, access: DebugAccess) -> (Server, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
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

async fn send(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut client = Client::connect(server.management, Http::One).await;
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

async fn get(server: &Server, path: &str) -> Value {
    let answer = send(server, "GET", path, &[], "").await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

#[tokio::test]
async fn targeting_key_defaults_to_the_replica_id() {
    let mut variants = std::collections::BTreeMap::new();
    for at in 0..12 {
        let name = format!("pod-{at}");
        let (server, _dir) = replica(&name, DebugAccess::Open).await;
        let answer = get(&server, "/debug/flags/half").await;
        assert_eq!(answer["replica"], name);
        assert_eq!(answer["targetingKey"], name);
        assert_eq!(answer["reason"], "TARGETING_MATCH");
        let body = json!({"flagKey": "half", "context": {"targetingKey": name}}).to_string();
        let asked = server::call(
            &server,
            "/flagd.evaluation.v2.Service/ResolveBoolean",
            &body,
        )
        .await;
        assert_eq!(
            answer["variant"],
            asked.json()["variant"],
            "as any other caller with that key"
        );
        *variants
            .entry(answer["variant"].as_str().expect("text").to_owned())
            .or_insert(0) += 1;
    }
    assert_eq!(
        variants.len(),
        2,
        "a loop over replicas shows both variants: {variants:?}"
    );
}

#[tokio::test]
async fn flag_response_includes_definition_rule_and_generation() {
    let (server, _dir) = replica("pod", DebugAccess::Open).await;
    let answer = get(&server, "/debug/flags/half").await;
    assert_eq!(answer["key"], "half");
    assert_eq!(answer["generation"], 1);
    let pointed = format!("/definition{}", answer["rule"].as_str().expect("a pointer"));
    let share = answer.pointer(&pointed).expect("there is something");
    assert_eq!(share, &json!([answer["variant"], 50]), "{answer}");
    assert_eq!(
        answer["definition"]["targeting"],
        json!({"fractional": [["on", 50], ["off", 50]]})
    );
    let answer = get(
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
    let answer = get(&server, "/debug/flags/a%2Fb").await;
    assert_eq!(answer["value"], json!({"y": [1]}));
    assert_eq!(answer["reason"], "STATIC");
    assert_eq!(answer["rule"], Value::Null);
    let answer = get(&server, "/debug/flags/faulty").await;
    assert_eq!(
        (&answer["reason"], &answer["errorCode"]),
        (&json!("ERROR"), &json!("GENERAL"))
    );
    assert_eq!(
        get(&server, "/debug/flags/gone").await["reason"],
        "DISABLED"
    );
    let answer = send(&server, "GET", "/debug/flags/nothing", &[], "").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json(), json!({"error": "there is no such flag"}));
}

#[tokio::test]
async fn context_is_taken_from_query_or_body() {
    let (server, _dir) = replica("pod", DebugAccess::Open).await;
    let unit = async |path: &str| get(&server, path).await["targetingKey"].clone();
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
    let answer = get(
        &server,
        "/debug/flags/ring?context=%7B%22ring%22%3A%22beta%22%7D",
    )
    .await;
    assert_eq!(
        (&answer["variant"], &answer["targetingKey"]),
        (&json!("on"), &json!("pod"))
    );
    let body = r#"{"context": {"ring": "beta"}}"#;
    let answer = send(&server, "POST", "/debug/flags/ring", &[], body).await;
    assert_eq!(answer.json()["variant"], "on");
    let answer = send(&server, "POST", "/debug/flags", &[], body)
        .await
        .json();
    let ring = answer["flags"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|flag| flag["key"] == "ring");
    assert_eq!(ring.expect("it is listed")["variant"], "on");
    for (path, body) in [
        ("/debug/flags/ring?context=%7B", ""),
        ("/debug/flags/ring?context=%5B%5D", ""),
        ("/debug/flags/ring?ring=beta", ""),
        ("/debug/flags/ring?targetingKey=%FF", ""),
        ("/debug/flags/ring?context=%7B%7D", "{}"),
        ("/debug/flags/ring", "[]"),
        ("/debug/flags/ring", r#"{"ring": "beta"}"#),
    ] {
        let answer = send(&server, "POST", path, &[], body).await;
        assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text());
    }
}

#[tokio::test]
async fn sources_endpoint_reports_sync_state_and_errors() {
    let dir = tempfile::tempdir().expect("a directory");
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
    let answer = get(&server, "/debug/sources").await;
    assert_eq!(answer, get(&server, "/debug/sync").await);
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
        get(&server, "/debug/flags/half").await["source"]["sync"],
        "current"
    );
    std::fs::write(&path, "{").expect("a file");
    let stale = async {
        while get(&server, "/debug/sources").await["sources"][0]["sync"] != "stale" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), stale)
        .await
        .expect("it is noticed");
    let answer = get(&server, "/debug/flags/half").await;
    let source = &answer["source"];
    assert!(
        source["lastError"]
            .as_str()
            .is_some_and(|why| why.contains("F001")),
        "{source}"
    );
    assert!(
        answer["variant"].is_string(),
        "the last good flags stay in force"
    );
}

#[tokio::test]
async fn debug_endpoints_are_disabled_by_default() {
    let (server, _dir) = replica("pod", DebugAccess::Off).await;
    for path in [
        "/debug/flags",
        "/debug/flags/half",
        "/debug/sources",
        "/debug/definitions",
    ] {
        let answer = send(&server, "GET", path, &[], "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (404, "404 page not found\n")
        );
    }
    assert!(!ServeConfig::default().debug.access.is_enabled());
}

#[tokio::test]
async fn bearer_token_is_required_and_can_be_rotated() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("token");
    let write = |token: &str| std::fs::write(&path, token).expect("a file");
    write("first-token-of-this-replica\n");
    let (server, _dir) = replica("pod", DebugAccess::BearerTokenFile(path.clone())).await;
    let status = async |value: Option<&str>| {
        let header = value.map(|value| ("authorization", value));
        let answer = send(&server, "GET", "/debug/sources", header.as_slice(), "").await;
        let wants = answer.header("www-authenticate").to_owned();
        (answer.status.as_u16(), wants)
    };
    let (let_in, sent_away) = ((200, String::new()), (401, "Bearer".to_owned()));
    assert_eq!(
        status(Some("Bearer first-token-of-this-replica")).await,
        let_in
    );
    assert_eq!(
        status(Some("bearer first-token-of-this-replica")).await,
        let_in
    );
    for wrong in [
        None,
        Some(""),
        Some("Bearer"),
        Some("Bearer "),
        Some("Basic first-token-of-this-replica"),
        Some("Bearer first-token-of-this-replic"),
    ] {
        assert_eq!(status(wrong).await, sent_away, "{wrong:?}");
    }
    write("second-token-of-this-replica");
    assert_eq!(
        status(Some("Bearer first-token-of-this-replica")).await,
        sent_away
    );
    assert_eq!(
        status(Some("Bearer second-token-of-this-replica")).await,
        let_in
    );
    std::fs::remove_file(&path).expect("it was there");
    assert_eq!(
        status(Some("Bearer second-token-of-this-replica")).await,
        sent_away
    );
}

#[tokio::test]
async fn request_body_size_and_methods_are_restricted() {
    let (server, _dir) = replica("pod", DebugAccess::Open).await;
    let long = format!(r#"{{"context": {{"x": "{}"}}}}"#, "x".repeat(65_536));
    let answer = send(&server, "POST", "/debug/flags/half", &[], &long).await;
    assert_eq!(answer.status, 413);
    let answer = send(&server, "DELETE", "/debug/flags/half", &[], "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("allow")),
        (405, "GET, POST")
    );
    let answer = send(&server, "POST", "/debug/sources", &[], "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("allow")),
        (405, "GET")
    );
}

#[tokio::test]
async fn static_context_applies_and_no_impression_is_counted() {
    let dir = tempfile::tempdir().expect("a directory");
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
    assert_eq!(get(&server, "/debug/flags/ring").await["variant"], "on");
    let metrics = send(&server, "GET", "/metrics", &[], "").await;
    assert!(
        !metrics
            .text()
            .contains("feature_flag_flagd_impression_total{")
    );
}

#[test]
fn debug_options_are_validated() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("token");
    let token = path.to_str().expect("text").to_owned();
    let resolve = |options: &[(&'static str, &str)]| {
        let mut typed = config::option_resolver::CliOptions::new();
        typed.insert("uri", vec!["file:flags".to_owned()]);
        for (name, value) in options {
            typed.insert(*name, vec![(*value).to_owned()]);
        }
        config::resolve(typed, |name| {
            (name == "HOSTNAME").then(|| "pod-7".to_owned())
        })
    };
    let config = resolve(&[]).expect("the defaults").serve_config.debug;
    assert!(!config.access.is_enabled());
    assert_eq!(&*config.replica, "pod-7");
    let config = resolve(&[("debug-endpoints", "open"), ("replica-id", "a")]).expect("options");
    assert!(matches!(
        config.serve_config.debug.access,
        DebugAccess::Open
    ));
    assert_eq!(&*config.serve_config.debug.replica, "a");
    for (options, part) in [
        (
            &[("debug-endpoints", "yes")][..],
            "must be off, token or open",
        ),
        (
            &[("debug-endpoints", "token")][..],
            "needs --debug-token-path",
        ),
        (
            &[("debug-endpoints", "token"), ("debug-token-path", &*token)][..],
            "for --debug-token-path",
        ),
    ] {
        let mistakes = resolve(options).expect_err("mistakes");
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        assert!(mistakes[0].contains(part), "{mistakes:?}");
    }
    std::fs::write(&path, "short").expect("a file");
    let both = [("debug-endpoints", "token"), ("debug-token-path", &*token)];
    let mistakes = resolve(&both).expect_err("a guessable token");
    assert!(
        mistakes[0].contains("at least 16 characters"),
        "{mistakes:?}"
    );
    std::fs::write(&path, "long-enough-for-a-token").expect("a file");
    let config = resolve(&both).expect("a token");
    assert!(matches!(
        config.serve_config.debug.access,
        DebugAccess::BearerTokenFile(_)
    ));
}
