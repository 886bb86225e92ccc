//! The files in `flags/` and what the README says of them.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::DocumentOrigin;
use fanion::document::merge::merge_documents;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::ruleset::Ruleset;
use fanion::source::file::path_set::PathSet;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::server;

fn files() -> Vec<PathBuf> {
    let flags = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/flags"));
    PathSet::from_path(flags).files().expect("the examples")
}

fn load(file: &Path) -> Ruleset {
    let name: Arc<str> = file.to_string_lossy().into();
    let origin = DocumentOrigin {
        source: name.clone(),
        file: name,
    };
    let bytes = std::fs::read(file).expect("an example");
    let format = DocumentFormat::from_path(file).expect("a known extension");
    let parsed = document::parse_bytes(&bytes, format, &origin);
    let (ruleset, found) = ruleset::compile(
        &merge_documents(&parsed.document),
        FractionalVersion::default(),
    );
    let diagnostics = [parsed.diagnostics, found].concat();
    assert_eq!(diagnostics, [], "{}", file.display());
    ruleset
}

#[test]
fn every_example_file_loads_without_diagnostics() {
    assert!(files().len() >= 6);
    for file in files() {
        assert!(!load(&file).flags.is_empty());
    }
}

fn check(file: &str, key: &str, context: &Value, want: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("flags")
        .join(file);
    assert_eq!(
        evaluate::ask(&load(&path), key, context)["variant"],
        want,
        "{key} {context}"
    );
}

#[test]
fn example_flags_return_documented_variants() {
    check("static.yaml", "banner.welcome.text", &json!({}), "warm");
    let express = "checkout.payments.express-pay";
    check(
        "rings.yaml",
        express,
        &json!({"targetingKey": "x", "ring": "beta"}),
        "on",
    );
    check("rings.yaml", express, &json!({}), "off");
    let remote = "checkout-remote-rollout";
    check(
        "remote.yaml",
        remote,
        &json!({"segments": ["internal-staff"]}),
        "canary",
    );
    check(
        "remote.yaml",
        remote,
        &json!({"sessionId": "session-1"}),
        "stable",
    );
    check(
        "shared.yaml",
        "editor.debug-panel",
        &json!({"email": "a@example.com"}),
        "on",
    );
    check(
        "shared.yaml",
        "editor.debug-panel",
        &json!({"segments": ["beta-tester"]}),
        "off",
    );
    check(
        "shared.yaml",
        "editor.ai-assist",
        &json!({"segments": ["beta-tester"]}),
        "on",
    );
    let protocol = "mobile.sync.protocol";
    check(
        "version.yaml",
        protocol,
        &json!({"version": "2.1.0"}),
        "modern",
    );
    check(
        "version.yaml",
        protocol,
        &json!({"version": "2.3.4"}),
        "legacy",
    );
    check(
        "version.yaml",
        protocol,
        &json!({"version": "2.1.0-rc.1"}),
        "legacy",
    );
    check("version.yaml", protocol, &json!({}), "legacy");
}

#[test]
fn example_rollouts_return_documented_variants() {
    let unit = |key: &str| json!({ "targetingKey": key });
    for (file, key, context, want) in [
        (
            "ring-rollout.yaml",
            "search.results.reranking",
            json!({"group": "employee"}),
            "on",
        ),
        (
            "ring-rollout.yaml",
            "search.results.reranking",
            json!({"segments": ["premium-subscriber"]}),
            "off",
        ),
        (
            "ring-rollout.yaml",
            "search.results.reranking",
            unit("emp-42"),
            "on",
        ),
        (
            "ring-rollout.yaml",
            "search.results.reranking",
            json!({"targetingKey": "user-13", "group": "employee"}),
            "off",
        ),
        (
            "kill-switch.yaml",
            "payments.provider.instant-transfer",
            unit("anybody"),
            "off",
        ),
        (
            "experiment.yaml",
            "onboarding.tour.length",
            unit("nobody without a session"),
            "none",
        ),
        (
            "regional.yaml",
            "billing.invoice.new-layout",
            json!({"region": "eu-west-1"}),
            "on",
        ),
        (
            "regional.yaml",
            "billing.invoice.new-layout",
            json!({"region": "ap-south-1", "tenantId": "t"}),
            "off",
        ),
        (
            "tenants.yaml",
            "reports.export.parquet",
            json!({"tenantId": "acme"}),
            "full",
        ),
        (
            "tenants.yaml",
            "reports.export.parquet",
            json!({"tenantId": "initech", "plan": "trial"}),
            "preview",
        ),
        (
            "tenants.yaml",
            "reports.export.parquet",
            json!({"tenantId": "initech"}),
            "none",
        ),
        (
            "prerequisite.yaml",
            "checkout.payments.one-click",
            json!({"segments": ["partner"]}),
            "on",
        ),
        (
            "prerequisite.yaml",
            "checkout.payments.one-click",
            json!({}),
            "off",
        ),
    ] {
        check(file, key, &context, want);
    }
}

/// S002-04: a unit of an inner ring has it whatever the percentage.
#[tokio::test]
async fn inner_ring_has_the_feature_at_0_1_and_5_percent() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/flags/rings.yaml");
    let written = std::fs::read_to_string(path).expect("the example");
    for percentage in [0, 1, 5] {
        let text = written
            .replace("[\"on\", 5]", &format!("[\"on\", {percentage}]"))
            .replace("[\"off\", 95]", &format!("[\"off\", {}]", 100 - percentage));
        assert_eq!(
            text == written,
            percentage == 5,
            "the example is as this test knows it"
        );
        let (server, _dir) = server::serve_text("rings.yaml", &text).await;
        let body = r#"{"flagKey":"checkout.payments.express-pay","context":{"targetingKey":"emp-42","ring":"internal"}}"#;
        let answer = server::call(&server, "/schema.v1.Service/ResolveBoolean", body).await;
        assert_eq!(answer.json()["value"], true, "at {percentage} percent");
    }
}
