//! The example files in `flags/`: they load, and give the variants that they document.

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
use fanion::source::file::file_pattern::FilePattern;
use serde_json::Value;

use crate::support::evaluate;
use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::server;
use crate::support::server::http_client;

fn files() -> Vec<PathBuf> {
    let flags = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/flags"));
    FilePattern::from_path(flags).files().expect("the examples")
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

fn assert_example_variant(file: &str, key: &str, context: &Value, want: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("flags")
        .join(file);
    assert_eq!(
        evaluate::evaluate(&load(&path), key, context)["variant"],
        want,
        "{key} {context}"
    );
}

/// A file, a flag, a context, and the variant that the comments of the file state.
const DOCUMENTED: &str = r#"
static.yaml | banner.welcome.text | {} | warm
rings.yaml | checkout.payments.express-pay | {"targetingKey": "x", "ring": "beta"} | on
rings.yaml | checkout.payments.express-pay | {} | off
remote.yaml | checkout-remote-rollout | {"segments": ["internal-staff"]} | canary
remote.yaml | checkout-remote-rollout | {"sessionId": "session-1"} | stable
shared.yaml | editor.debug-panel | {"email": "a@example.com"} | on
shared.yaml | editor.debug-panel | {"segments": ["beta-tester"]} | off
shared.yaml | editor.ai-assist | {"segments": ["beta-tester"]} | on
version.yaml | mobile.sync.protocol | {"version": "2.1.0"} | modern
version.yaml | mobile.sync.protocol | {"version": "2.3.4"} | legacy
version.yaml | mobile.sync.protocol | {"version": "2.1.0-rc.1"} | legacy
version.yaml | mobile.sync.protocol | {} | legacy
ring-rollout.yaml | search.results.reranking | {"group": "employee"} | on
ring-rollout.yaml | search.results.reranking | {"segments": ["premium-subscriber"]} | off
ring-rollout.yaml | search.results.reranking | {"targetingKey": "emp-42"} | on
ring-rollout.yaml | search.results.reranking | {"targetingKey": "user-13", "group": "employee"} | off
kill-switch.yaml | payments.provider.instant-transfer | {"targetingKey": "anybody"} | off
experiment.yaml | onboarding.tour.length | {"targetingKey": "nobody without a session"} | none
regional.yaml | billing.invoice.new-layout | {"region": "eu-west-1"} | on
regional.yaml | billing.invoice.new-layout | {"region": "ap-south-1", "tenantId": "t"} | off
tenants.yaml | reports.export.parquet | {"tenantId": "acme"} | full
tenants.yaml | reports.export.parquet | {"tenantId": "initech", "plan": "trial"} | preview
tenants.yaml | reports.export.parquet | {"tenantId": "initech"} | none
prerequisite.yaml | checkout.payments.one-click | {"segments": ["partner"]} | on
prerequisite.yaml | checkout.payments.one-click | {} | off
"#;

#[test]
fn example_flags_return_documented_variants() {
    for line in DOCUMENTED.trim().lines() {
        let cells: Vec<&str> = line.split(" | ").collect();
        let [file, key, context, want] = cells[..] else {
            panic!("four cells: {line}");
        };
        let context = serde_json::from_str(context).expect("a context");
        assert_example_variant(file, key, &context, want);
    }
}

/// A user of an inner ring gets the variant at any percentage.
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
            "the example no longer has the share that this test replaces"
        );
        let (server, _dir) = server::serve_text("rings.yaml", &text).await;
        let body = r#"{"flagKey":"checkout.payments.express-pay","context":{"targetingKey":"emp-42","ring":"internal"}}"#;
        let answer = http_client::call(&server, "/schema.v1.Service/ResolveBoolean", body).await;
        assert_eq!(answer.json()["value"], true, "at {percentage} percent");
    }
}

#[test]
fn example_flags_lint_without_findings_on_any_day() {
    let flags = concat!(env!("CARGO_MANIFEST_DIR"), "/flags");
    let days = ["2026-06-15", "2030-01-01", "9999-12-31"];
    let dated = days.map(|day| vec!["lint", ".", "--fail-on", "warning", "--today", day]);
    for arguments in dated
        .iter()
        .chain([&vec!["lint", ".", "--fail-on", "warning"]])
    {
        let output = run_flagctl(Path::new(flags), arguments);
        let shown = printed(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {shown}");
    }
}
