//! Every stage of a plan, and every way back, keeps what users have.

use fanion::analysis::lint::policy::LintPolicy;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate::rollout::load_valid;
use crate::support::evaluate::rollout::rollout_document;
use crate::support::evaluate::rollout::user;
use crate::support::evaluate::rollout::variant;
use crate::support::lint::findings;

fn lint(rollout: &Value) -> String {
    let mut document = rollout_document(&json!({ "rollout": rollout }));
    document["flags"]["f"]["variants"] = json!({"on": 1, "off": 0, "beta": 2});
    findings(&document.to_string(), &LintPolicy::default()).join("\n")
}

#[test]
fn every_template_and_dialect_is_sticky() {
    for dialect in fanion::document::rollout::bucketing::BucketingDialect::NAMES {
        for template in ["careful", "doubling", "ladder", "tenfold", "linear"] {
            let plan = json!({ "template": template });
            let told = lint(&json!({"variant": "on", "dialect": dialect, "plan": plan}));
            for code in ["F024", "F025", "F026", "F027"] {
                assert!(!told.contains(code), "{dialect} {template}: {told}");
            }
        }
    }
}

#[test]
fn stage_with_another_variant_is_reported_with_a_user() {
    let stages = json!([{"name": "a", "percentage": 10}, {"name": "b", "percentage": 20, "variant": "beta"}]);
    let told = lint(&json!({"variant": "on", "plan": {"stages": stages}}));
    assert!(
        told.contains("F026")
            && told.contains("a stage of `rollout.plan`")
            && told.contains("from `on` to `beta`"),
        "{told}"
    );
}

#[test]
fn sidecar_ignores_the_plan_it_serves() {
    let fields = |plan: Option<Value>| {
        let mut rollout = json!({"variant": "on", "percentage": 10});
        if let Some(plan) = plan {
            rollout["plan"] = plan;
        }
        load_valid(&rollout_document(&json!({ "rollout": rollout })))
    };
    let (with, without) = (fields(Some(json!({"template": "careful"}))), fields(None));
    for at in 0..1000 {
        let user = user(&format!("user-{at}"));
        assert_eq!(variant(&with, &user), variant(&without, &user));
    }
    assert_eq!(
        with.flag("f").map(|flag| flag.fingerprint),
        without.flag("f").map(|flag| flag.fingerprint)
    );
}
