//! The format `definition-service`.

use fanion::control::dialect::definition_service::Evaluation;
use fanion::control::dialect::definition_service::FlagDocument;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::dialect::arbitrary::any_context;
use crate::dialect::arbitrary::condition;
use crate::dialect::arbitrary::percentage;
use crate::dialect::engine;
use crate::dialect::engine::Context;
use crate::dialect::engine::assert_faults;
use crate::dialect::engine::context;

const KEY: &str = "new-checkout-flow";

pub fn document() -> Value {
    json!({
        "key": KEY,
        "name": "New checkout",
        "description": "The new checkout.",
        "defaultValue": true,
        "targeting": [
            {"id": "late", "priority": 20, "conditions": [], "rolloutPercentage": 10, "variation": true},
            {"id": "never-for-acme", "priority": 10, "rolloutPercentage": 100, "variation": false,
             "conditions": [{"attribute": "tenantId", "operator": "equals", "value": "acme"}]},
        ],
        "rolloutPercentage": 50,
        "environments": {"staging": {"rolloutPercentage": 100}, "dev": {"enabled": false}},
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:00Z",
        "version": 1,
    })
}

fn evaluate(environment: &str, context: &Context) -> Evaluation {
    let flag = FlagDocument::parse(&document(), environment).expect("a valid document");
    let evaluation = flag.evaluate(context);
    let snapshot = engine::snapshot(KEY, &flag.to_definition(), !flag.enabled);
    let sidecar = engine::answer(&snapshot, KEY, context);
    assert_eq!(sidecar["value"], evaluation.value, "{sidecar}");
    evaluation
}

fn user(id: &str) -> Context {
    context(json!({"targetingKey": id}))
}

fn check(evaluation: &Evaluation, value: bool, reason: &str, rule: Option<&str>) {
    assert_eq!(evaluation.value, json!(value));
    assert_eq!(evaluation.reason, reason);
    assert_eq!(evaluation.rule_id.as_deref(), rule);
}

#[test]
fn s003_11_rules_by_priority_then_percentage_then_off() {
    // The buckets of `user-1` and `user-42` are 7 and 94.
    check(
        &evaluate("prod", &user("user-1")),
        true,
        "RULE_MATCH",
        Some("late"),
    );
    check(
        &evaluate("prod", &user("user-42")),
        false,
        "DEFAULT_OFF",
        None,
    );
    let acme = context(json!({"targetingKey": "user-1", "tenantId": "acme"}));
    check(
        &evaluate("prod", &acme),
        false,
        "RULE_MATCH",
        Some("never-for-acme"),
    );
    let unit = (0..).map(|number| format!("user-{number}"));
    let mut middle = unit.map(|unit| evaluate("prod", &user(&unit)));
    let middle = middle.find(|evaluation| evaluation.reason == "DEFAULT_ROLLOUT");
    check(&middle.expect("a user"), true, "DEFAULT_ROLLOUT", None);
}

#[test]
fn s003_32_default_rollout_returns_a_false_default_value() {
    let mut document = document();
    document["defaultValue"] = json!(false);
    document["targeting"] = json!([]);
    document["rolloutPercentage"] = json!(100);
    let flag = FlagDocument::parse(&document, "prod").expect("valid");
    check(
        &flag.evaluate(&user("user-42")),
        false,
        "DEFAULT_ROLLOUT",
        None,
    );
}

#[test]
fn s003_35_environment_overrides_the_document() {
    check(
        &evaluate("staging", &user("user-42")),
        true,
        "DEFAULT_ROLLOUT",
        None,
    );
    check(
        &evaluate("dev", &user("user-1")),
        false,
        "DEFAULT_OFF",
        None,
    );
}

#[test]
fn s003_12_all_six_operators_match() {
    let holds = |operator: &str, value: Value, actual: Value| {
        let mut document = document();
        let condition = json!({"attribute": "a", "operator": operator, "value": value});
        document["targeting"] = json!([{"id": "r", "priority": 1, "conditions": [condition]}]);
        document["rolloutPercentage"] = json!(0);
        let flag = FlagDocument::parse(&document, "prod").expect("valid");
        let context = context(json!({"targetingKey": "u", "a": actual}));
        let value = flag.evaluate(&context).value;
        let snapshot = engine::snapshot(KEY, &flag.to_definition(), false);
        assert_eq!(engine::answer(&snapshot, KEY, &context)["value"], value);
        value == json!(true)
    };
    assert!(holds("equals", json!("x"), json!("x")));
    assert!(!holds("equals", json!(1), json!("1")), "without coercion");
    assert!(holds("contains", json!("ell"), json!("hello")));
    assert!(holds("contains", json!("b"), json!(["a", "b"])));
    assert!(!holds("contains", json!("b"), json!(["ab"])));
    assert!(holds("greaterThan", json!(17), json!("18")), "as numbers");
    assert!(!holds("greaterThan", json!(-1), json!(null)), "absent");
    assert!(holds("lessThan", json!("18"), json!(17.5)));
    assert!(!holds("lessThan", json!(18), json!("many")));
    assert!(holds(
        "matches",
        json!("^[a-z]+@example\\.com$"),
        json!("ann@example.com")
    ));
    assert!(
        holds("matches", json!("^4\\d$"), json!(42)),
        "a number as text"
    );
    assert!(holds("in", json!(["a", 1]), json!(1)));
    assert!(!holds("in", json!(["1"]), json!(1)));
}

#[test]
fn s003_29_newer_minor_schema_is_read_and_newer_major_refused() {
    let mut document = document();
    document["newMember"] = json!(1);
    assert_faults(FlagDocument::parse(&document, "prod"), &["/newMember"]);
    document["schemaVersion"] = json!("1.7.0");
    assert!(FlagDocument::parse(&document, "prod").is_ok());
    for refused in ["2.0.0", "one"] {
        document["schemaVersion"] = json!(refused);
        let faults = FlagDocument::parse(&document, "prod").expect_err("refused");
        assert!(
            faults.iter().any(|fault| fault.pointer == "/schemaVersion"),
            "{faults:?}"
        );
    }
}

#[test]
fn faults_of_definition_documents_have_pointers() {
    let check = |pointer: &str, value: Value, want: &str| {
        let mut document = document();
        *document.pointer_mut(pointer).expect("a member") = value;
        assert_faults(FlagDocument::parse(&document, "prod"), &[want]);
    };
    check("/targeting/0/priority", json!("1"), "/targeting/0/priority");
    check("/targeting/1/id", json!("late"), "/targeting/1/id");
    check(
        "/targeting/0/variation",
        json!("text"),
        "/targeting/0/variation",
    );
    check(
        "/targeting/1/conditions/0/operator",
        json!("=="),
        "/targeting/1/conditions/0/operator",
    );
    check(
        "/environments/dev",
        json!({"percentage": 1}),
        "/environments/dev/percentage",
    );
    check("/version", json!(1.5), "/version");
}

fn rule() -> impl Strategy<Value = (i32, Vec<Value>, f64, usize)> {
    (
        -3..3_i32,
        prop::collection::vec(condition(), 0..3),
        percentage(),
        0..3_usize,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn sidecar_decides_as_the_document(
        percentage in percentage(),
        rules in prop::collection::vec(rule(), 0..4),
        values in prop::sample::select(vec![
            [json!(true), json!(false), json!(true)],
            [json!("red"), json!("blue"), json!("")],
            [json!(1), json!(2.5), json!(-1)],
            [json!({"a": 1}), json!({"a": 2}), json!({})],
        ]),
        contexts in prop::collection::vec(any_context(), 25),
    ) {
        let rules: Vec<Value> = rules.iter().enumerate().map(|(id, (priority, conditions, share, value))| json!({
            "id": format!("rule-{id}"), "priority": priority, "conditions": conditions,
            "rolloutPercentage": share, "variation": values[*value],
        })).collect();
        let document = json!({"key": KEY, "defaultValue": values[0], "targeting": rules, "rolloutPercentage": percentage});
        let flag = FlagDocument::parse(&document, "prod").expect("valid");
        let snapshot = engine::snapshot(KEY, &flag.to_definition(), false);
        for context in &contexts {
            let own = flag.evaluate(context);
            let sidecar = engine::answer(&snapshot, KEY, context);
            prop_assert!(sidecar.get("errorCode").is_none(), "{} {:?} {}", document, context, sidecar);
            // A flag without booleans leaves users outside of every share to the default in the caller's code.
            let is_code_default = sidecar.get("value").is_none();
            prop_assert!(!is_code_default || own.reason == "DEFAULT_OFF", "{} {:?} {}", document, context, sidecar);
            prop_assert!(is_code_default || own.value == sidecar["value"], "{} {:?} {}", document, context, sidecar);
        }
    }
}
