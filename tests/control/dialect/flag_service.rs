//! The format `flag-service`.

use fanion::control::dialect::flag_service::FlagResult;
use fanion::control::dialect::flag_service::FlagServiceDocument;
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
        "enabled": true,
        "rolloutPercentage": 50,
        "allowlist": ["ann", "both"],
        "blocklist": ["bob", "both"],
        "targetingRules": [
            {"attribute": "tenantId", "operator": "equals", "value": "acme"},
            {"conditions": [{"attribute": "plan", "operator": "in", "value": ["pro", "max"]}]},
        ],
        "killSwitch": false,
    })
}

fn parse(document: &Value) -> FlagServiceDocument {
    FlagServiceDocument::parse(document).expect("a valid document")
}

/// Evaluates a document and its definition, which must agree.
fn evaluate(document: &Value, context: &Context) -> FlagResult {
    let flag = parse(document);
    let result = flag.evaluate(context);
    let snapshot = engine::snapshot(KEY, &flag.to_definition(), flag.is_off());
    assert_eq!(
        as_variant(&result),
        engine::variant(&snapshot, KEY, context)
    );
    result
}

/// The variant of a sidecar that stands for a result.
fn as_variant(result: &FlagResult) -> String {
    match (&result.variant, result.enabled) {
        (Some(name), true) => name.clone(),
        (None, true) => "on".to_owned(),
        (_, false) => "off".to_owned(),
    }
}

fn user(id: &str, tenant: &str) -> Context {
    context(json!({"targetingKey": id, "tenantId": tenant}))
}

#[test]
fn s001_02_order_is_kill_block_allow_rules_percentage() {
    let is_on = |document: &Value, context: &Context| evaluate(document, context).enabled;
    let mut killed = document();
    killed["killSwitch"] = json!(true);
    assert!(!is_on(&killed, &user("ann", "acme")));
    let mut disabled = document();
    disabled["enabled"] = json!(false);
    assert!(!is_on(&disabled, &user("ann", "acme")));
    assert!(!is_on(&document(), &user("bob", "acme")), "blocked");
    let mut zero = document();
    zero["rolloutPercentage"] = json!(0);
    assert!(
        is_on(&zero, &user("ann", "globex")),
        "allowed in spite of all"
    );
    // The buckets of `user-1` and `user-42` are 21 and 89.
    assert!(is_on(&document(), &user("user-1", "acme")), "in the share");
    assert!(
        !is_on(&document(), &user("user-42", "acme")),
        "out of the share"
    );
    assert!(!is_on(&document(), &user("user-1", "globex")), "no rule");
    let pro = context(json!({"targetingKey": "user-1", "plan": "pro"}));
    assert!(is_on(&document(), &pro), "the other rule");
}

#[test]
fn s001_03_user_in_both_lists_is_blocked() {
    assert_eq!(
        evaluate(&document(), &user("both", "acme")),
        FlagResult::OFF
    );
}

#[test]
fn s001_05_variant_does_not_depend_on_the_share() {
    let mut wide = document();
    wide["variants"] = json!(["blue", {"name": "red", "weight": 3}]);
    wide["targetingRules"] = json!([]);
    let mut counts = [0_usize; 4];
    for number in 0..4000 {
        let context = context(json!({"targetingKey": format!("unit-{number}")}));
        let half = parse(&wide).evaluate(&context);
        assert_eq!(half.enabled, half.variant.is_some());
        let is_red = half.variant.as_deref() == Some("red");
        wide["rolloutPercentage"] = json!(100);
        let all = parse(&wide).evaluate(&context);
        wide["rolloutPercentage"] = json!(50);
        assert!(!half.enabled || half == all, "growing keeps the variant");
        counts[usize::from(is_red)] += usize::from(half.enabled);
        counts[2 + usize::from(all.variant.as_deref() == Some("red"))] += 1;
    }
    let share = |red: usize, blue: usize| red as f64 / (red + blue) as f64;
    assert!(
        (share(counts[1], counts[0]) - 0.75).abs() < 0.04,
        "{counts:?}"
    );
    assert!(
        (share(counts[3], counts[2]) - 0.75).abs() < 0.03,
        "{counts:?}"
    );
}

#[test]
fn faults_of_flag_service_documents_have_pointers() {
    let check = |member: &str, value: Value, want: &[&str]| {
        let mut document = document();
        document[member] = value;
        assert_faults(FlagServiceDocument::parse(&document), want);
    };
    check("rolloutPercentage", json!(100.5), &["/rolloutPercentage"]);
    check("allowlist", json!([""]), &["/allowlist/0"]);
    check(
        "variants",
        json!(["a", "off", "a"]),
        &["/variants/1", "/variants/2"],
    );
    check(
        "variants",
        json!([{"name": "a", "weight": 0}]),
        &["/variants/0"],
    );
    let rule = |operator: &str, value: Value| json!([{"attribute": "a", "operator": operator, "value": value}]);
    check(
        "targetingRules",
        rule("equal", json!(1)),
        &["/targetingRules/0/operator"],
    );
    check(
        "targetingRules",
        rule("matches", json!("(")),
        &["/targetingRules/0/value"],
    );
    check(
        "targetingRules",
        rule("matches", json!("(a)\\1")),
        &["/targetingRules/0/value"],
    );
    check(
        "targetingRules",
        rule("in", json!([])),
        &["/targetingRules/0/value"],
    );
    check(
        "targetingRules",
        rule("lessThan", json!("x")),
        &["/targetingRules/0/value"],
    );
    check(
        "targetingRules",
        json!([{"conditions": []}]),
        &["/targetingRules/0/conditions"],
    );
    check("killswitch", json!(true), &["/killswitch"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn sidecar_decides_as_the_document(
        percentage in percentage(),
        is_off in prop::bool::weighted(0.1),
        rules in prop::collection::vec(prop::collection::vec(condition(), 1..3), 0..3),
        variants in prop::sample::select(vec![json!([]), json!(["a"]), json!(["b", "a", {"name": "c", "weight": 5}])]),
        contexts in prop::collection::vec(any_context(), 25),
    ) {
        let rules: Vec<Value> = rules.iter().map(|rule| json!({"conditions": rule})).collect();
        let document = json!({
            "key": KEY, "rolloutPercentage": percentage, "killSwitch": is_off, "variants": variants,
            "allowlist": ["user-1", "user-2"], "blocklist": ["user-2", "user-3"], "targetingRules": rules,
        });
        let flag = parse(&document);
        let snapshot = engine::snapshot(KEY, &flag.to_definition(), is_off);
        for context in &contexts {
            let sidecar = engine::variant(&snapshot, KEY, context);
            let own = as_variant(&flag.evaluate(context));
            prop_assert_eq!(own, sidecar, "{} {:?}", document, context);
        }
    }
}
