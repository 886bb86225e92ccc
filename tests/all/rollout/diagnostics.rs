//! Diagnostics of invalid rollout fields.

use fanion::document::DocumentFormat;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::evaluate::rollout::diagnostics;
use crate::support::evaluate::rollout::document_diagnostics;
use crate::support::evaluate::rollout::rollout_document;
use crate::support::evaluate::rollout::variant;

/// A value that changes with each request is rejected as a bucketing value.
#[test]
fn timestamp_is_rejected_as_bucketing_value() {
    let told = diagnostics(
        &json!({"rollout": {"variant": "on", "percentage": 5, "bucketBy": "$flagd.timestamp"}}),
    );
    assert!(
        told[0].contains("F016") && told[0].contains("is not an attribute of the context"),
        "{told:?}"
    );
}

/// Members of a flag, and the expected diagnostic.
const MISTAKES: &str = r#"
{"rollout": {"variant": "on", "percentage": 101}} => F016: `rollout.percentage` of flag `f` is 101 (help: write a number from 0 to 100)
{"rollout": {"variant": "on", "percentage": -1}} => is -1
{"rollout": {"variant": "on", "percentage": 0.0005}} => which is not a multiple of 0.001 (help: round it to at most three decimals)
{"rollout": {"variant": "on", "percentage": "5%"}} => is the string `5%`, not a number (help: write 5, without a percent sign)
{"rollout": {"variant": "onn", "percentage": 5}} => F013: `rollout.variant` of flag `f` names `onn`, which is not a variant (help: did you mean `on`?)
{"rollout": {"percentage": 5}} => has neither `variant` nor `split`
{"rollout": {"variant": "on", "split": {"on": 1}}} => has both `variant` and `split`
{"rollout": {"split": {"on": 0}}} => has weights that sum to 0
{"rollout": {"split": {"on": 1.5}}} => has an invalid weight 1.5 for `on`
{"rollout": {"variant": "on", "percentag": 5}} => unknown member `percentag` in `rollout` of flag `f` (help: did you mean `percentage`?)
{"rollout": 5} => `rollout` of flag `f` is a number
{"rollout": {"variant": "on", "percentage": 5, "allow": []}} => F023: `rollout.allow` of flag `f` is empty
{"rollout": {"variant": "on", "allow": [7]}} => is a number (help: put quotes around it)
{"rollout": {"variant": "on", "percentage": 0, "when": {"==": [{"var": "a"}, 1]}}} => matches no context (help: `when` only restricts eligibility
{"rollout": {"variant": "on", "when": "x"}} => is not a condition
{"rollout": {"variant": "on", "dialect": "java31"}} => is not a dialect
{"rollout": {"variant": "on", "regions": ["eu"]}} => `rollout.regions` of flag `f` is a string
{"rollout": {"variant": "on", "regions": [{"region": "eu"}]}} => has an item without `region` or `percentage`
{"rollout": {"variant": "on", "ramp": {"from": "2026-06-02", "to": "2026-06-01"}}} => has a `from` that is not before `to` (help: swap `from` and `to`
{"rollout": {"variant": "on", "ramp": {"from": "soon", "to": "2026-06-01"}}} => is `soon`, which is not a valid timestamp
{"rollout": {"variant": "on", "ramp": {"from": "2026-06-01"}}} => has no `from` or no `to`
{"rollout": {"variant": "on", "ramp": {"from": "2026-06-01", "to": "2026-06-02", "steps": 0}}} => is not a valid number of steps
{"rollout": {"variant": "on", "ramp": {"from": "2026-06-01", "to": "2026-06-02", "shape": "curved"}}} => is `curved`, which is not a shape (help: write linear or doubling)
{"kill": "yes"} => `kill` of flag `f` is a string (help: write true or false)
{"safeVariant": "of"} => F013: `safeVariant` of flag `f` names `of`
{"requires": ["api"]} => `requires` of flag `f` is a string
{"requires": [{"flag": "api"}]} => has an item without `flag` or `variant`
{"rolout": {}} => F008: unknown member `rolout` of flag `f`, ignored (help: did you mean `rollout`?)
{"requires": [{"flag": "api", "variant": "on", "varient": "on"}]} => unknown member `varient` in `requires` of flag `f` (help: did you mean `variant`?)
"#;

#[test]
fn invalid_rollout_fields_are_located_with_a_hint() {
    for line in MISTAKES.trim().lines() {
        let (members, want) = line.split_once(" => ").expect("a row");
        let members = serde_json::from_str(members).expect("JSON");
        let told = diagnostics(&members);
        assert!(
            told.iter().any(|line| line.contains(want)),
            "no `{want}` in {told:#?}"
        );
        assert!(
            told.iter().all(|line| line.starts_with("flags.yaml:1:")),
            "{told:#?}"
        );
        let (ruleset, diagnostics) = evaluate::load(
            &rollout_document(&members).to_string(),
            DocumentFormat::Json,
        );
        let faulty = diagnostics
            .iter()
            .any(|d| d.severity == fanion::diag::Severity::Error && d.code.id() != "F008");
        assert_eq!(
            variant(&ruleset, &json!({})) == "PARSE_ERROR",
            faulty,
            "{members}"
        );
    }
}

#[test]
fn invalid_rings_are_located_with_a_hint() {
    let told = |rings: Value| {
        let mut flags = rollout_document(&json!({"rollout": {"variant": "on", "rings": ["beta"]}}));
        flags["rings"] = rings;
        document_diagnostics(&flags).join("\n")
    };
    assert_eq!(told(json!({"beta": {"segments": ["b"]}})), "");
    assert!(told(json!({"betta": {"segments": ["b"]}})).contains(
        "F017: `rollout.rings` of flag `f` names ring `beta`, which is not defined (help: did you mean `betta`?)"
    ));
    assert!(told(json!({"beta": {"segments": []}})).contains("must be a list of strings"));
    assert!(told(json!({"beta": {"a": 1, "b": 2}})).contains("ring `beta` has several members"));
    assert!(told(json!({"beta": "x"})).contains("ring `beta` is a string, must be a condition"));
    assert!(told(json!([1])).contains("`rings` is an array"));
}
