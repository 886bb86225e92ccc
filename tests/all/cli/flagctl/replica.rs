//! `flagctl eval` and `flagctl explain` on a running replica.

use std::process::Output;

use fanion::serve::ServeConfig;
use fanion::serve::admin::debug::DebugAccess;
use fanion::serve::admin::debug::DebugConfig;
use serde_json::Value;
use serde_json::json;

use crate::support::lint::pay_flag;
use crate::support::program::printed;
use crate::support::program::run_flagctl_with_env;
use crate::support::server;
use crate::support::temp_dir::TempDir;

/// Runs a command on a replica and on its files. Returns the output and the parsed JSON of both.
async fn run_on_replica_and_files(arguments: &[&str]) -> [(Output, Value); 2] {
    run_with_flags(&pay_flag(30), arguments).await
}

async fn run_with_flags(text: &str, arguments: &[&str]) -> [(Output, Value); 2] {
    let directory = TempDir::new();
    let flags = directory.path().join("flags.yaml");
    std::fs::write(&flags, text).expect("a file");
    let debugging = DebugConfig {
        access: DebugAccess::Open,
        replica: "pod-7".into(),
        ..DebugConfig::default()
    };
    let settings = ServeConfig {
        debug: debugging,
        ..ServeConfig::default()
    };
    let server = server::start_with(&flags, settings).await;
    let url = format!("http://127.0.0.1:{}", server.management);
    let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
    let asked = tokio::task::spawn_blocking(move || {
        let from = [["--replica", &url], ["--flags", "flags.yaml"]];
        from.map(|from| {
            let words = arguments.iter().map(String::as_str).chain(from);
            let output = run_flagctl_with_env(directory.path(), &words.collect::<Vec<_>>());
            let answer = serde_json::from_slice(&output.stdout).unwrap_or_default();
            (output, answer)
        })
    });
    asked.await.expect("no panic")
}

#[tokio::test]
async fn eval_on_a_replica_equals_eval_on_its_files() {
    for unit in ["a", "b", "c", "d", "e"] {
        let context = format!(r#"{{"country":"DE","targetingKey":"{unit}"}}"#);
        let arguments = ["eval", "pay", "--context", &context];
        let [(replica, theirs), (_, ours)] = run_on_replica_and_files(&arguments).await;
        assert_eq!(theirs, ours, "{replica:?}");
        assert_eq!(replica.status.code(), Some(0));
        assert_eq!(printed(&replica.stderr), "");
    }
    let [(replica, theirs), (files, ours)] = run_on_replica_and_files(&["eval", "none"]).await;
    assert_eq!(theirs, ours);
    assert_eq!(
        (replica.status.code(), files.status.code()),
        (Some(1), Some(1))
    );
}

#[tokio::test]
async fn missing_targeting_key_uses_the_replica_id_with_a_notice() {
    let [(replica, _), _] = run_on_replica_and_files(&["eval", "pay"]).await;
    let told = printed(&replica.stderr);
    assert!(
        told.starts_with("note: the context has no targetingKey: evaluated for `pod-7`"),
        "{told}"
    );
}

/// An explanation without text positions.
fn without_positions(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members
                .iter()
                .filter(|(name, _)| *name != "at" && *name != "answeredBy");
            kept.map(|(name, value)| (name.clone(), without_positions(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(without_positions).collect(),
        plain => plain.clone(),
    }
}

#[tokio::test]
async fn explain_on_a_replica_equals_explain_on_its_files() {
    let context = r#"{"country":"DE","targetingKey":"u"}"#;
    let arguments = ["explain", "pay", "--context", context, "-o", "json"];
    let [(replica, theirs), (_, ours)] = run_on_replica_and_files(&arguments).await;
    assert_eq!(replica.status.code(), Some(0), "{replica:?}");
    assert_eq!(without_positions(&theirs), without_positions(&ours));
    assert!(
        theirs["decidedBy"]["rule"]
            .as_str()
            .expect("a pointer")
            .starts_with("/targeting/")
    );
    let from = &theirs["answeredBy"];
    assert_eq!(
        (&from["replica"], &from["generation"]),
        (&json!("pod-7"), &json!(1))
    );
    let [(replica, _), _] = run_on_replica_and_files(&["explain", "pay"]).await;
    let page = printed(&replica.stdout);
    assert!(
        page.contains("\nEVALUATED BY pod-7, generation 1, source "),
        "{page}"
    );
    let [(replica, _), _] = run_on_replica_and_files(&["explain", "none"]).await;
    assert_eq!(replica.status.code(), Some(1));
}

/// A flag that a sidecar cannot evaluate is in the list of the replica, as in that of its files.
#[tokio::test]
async fn list_has_faulty_flags_with_their_error() {
    let text = format!("{}  broken: {{ variants: 3 }}\n", pay_flag(30));
    let [(replica, theirs), (files, ours)] = run_with_flags(&text, &["list", "-o", "json"]).await;
    assert_eq!(theirs, ours, "{replica:?}");
    assert_eq!(
        theirs[0],
        json!({"key": "broken", "errorCode": "PARSE_ERROR"})
    );
    assert_eq!(theirs[1]["key"], "pay");
    let told = "definition of flag `broken` has an error: evaluation returns PARSE_ERROR";
    assert_eq!(printed(&replica.stderr), format!("error: {told}\n"));
    assert!(
        printed(&files.stderr).contains("error: F006: "),
        "{files:?}"
    );
    for output in run_with_flags(&text, &["list"]).await {
        let lines: Vec<&str> = printed(&output.0.stdout).lines().collect();
        assert!(lines[1].starts_with("broken   ERROR "), "{lines:?}");
        assert!(lines[2].starts_with("pay      ENABLED "), "{lines:?}");
    }
    for (output, _) in run_with_flags(&text, &["get", "broken", "-o", "json"]).await {
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(printed(&output.stdout), "");
        assert!(printed(&output.stderr).contains("error: "), "{output:?}");
    }
}

#[tokio::test]
async fn misspelt_key_gets_a_suggestion_from_the_replica() {
    for command in ["eval", "explain", "get"] {
        for (output, _) in run_on_replica_and_files(&[command, "payy"]).await {
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            let want = "error: flag `payy` not found: did you mean `pay`?\n";
            assert_eq!(printed(&output.stderr), want, "{command}");
        }
    }
}

#[tokio::test]
async fn replica_without_debug_endpoints_is_an_error_with_a_hint() {
    let (server, _directory) = server::serve_text("flags.yaml", &pay_flag(30)).await;
    let url = format!("http://127.0.0.1:{}", server.management);
    let here = TempDir::new();
    let asked = tokio::task::spawn_blocking(move || {
        ["eval", "explain"]
            .map(|command| run_flagctl_with_env(here.path(), &[command, "pay", "--replica", &url]))
    });
    for output in asked.await.expect("no panic") {
        assert_eq!(output.status.code(), Some(2));
        assert!(
            printed(&output.stderr).contains("start it with --debug-endpoints"),
            "{output:?}"
        );
    }
}
