//! Pins: an edit that changes cohorts or the plan changes the pin, and no other edit does.

use fanion::control::engine::pin_definition::pin_of;
use serde_json::Value;
use serde_json::json;

use crate::rollouts::file::parse;

fn document(change: impl Fn(&mut Value)) -> Value {
    let mut flag = json!({
        "state": "ENABLED", "variants": {"on": 1, "off": 0}, "defaultVariant": "off",
        "rollout": {"variant": "on", "plan": {"template": "ladder"}},
    });
    change(&mut flag);
    json!({"flags": {"f": flag}})
}

#[test]
fn pin_changes_with_cohorts_and_plan_only() {
    let pin = |change: &dyn Fn(&mut Value)| pin_of(&parse(&document(change)), 0).expect("a pin");
    let before = pin(&|_| {});
    let cohorts: [&dyn Fn(&mut Value); 6] = [
        &|flag| flag["variants"]["on"] = json!(2),
        &|flag| flag["rollout"]["seed"] = json!("spring"),
        &|flag| flag["rollout"]["bucketBy"] = json!("sessionId"),
        &|flag| flag["rollout"]["when"] = json!({"==": [{"var": "country"}, "DE"]}),
        &|flag| flag["rollout"]["dialect"] = json!("flagd-murmur3-legacy100"),
        &|flag| {
            flag["rollout"]["variant"] = json!("new");
            flag["variants"] = json!({"new": 1, "off": 0});
        },
    ];
    for change in cohorts {
        let after = pin(change);
        assert_ne!(after.cohort, before.cohort);
        assert_eq!(after.plan, before.plan);
    }
    let edited = pin(&|flag| flag["rollout"]["plan"] = json!({"template": "tenfold"}));
    assert_ne!(edited.plan, before.plan);
    assert_eq!(edited.cohort, before.cohort);
    let others: [&dyn Fn(&mut Value); 4] = [
        &|flag| flag["metadata"] = json!({"team": "a"}),
        &|flag| flag["lifecycle"] = json!({"owner": "a"}),
        &|flag| flag["rollout"]["percentage"] = json!(5),
        &|flag| flag["rollout"]["allow"] = json!(["ann"]),
    ];
    for change in others {
        assert_eq!(pin(change), before);
    }
}

#[test]
fn rollout_without_a_plan_has_no_pin() {
    let none = |flag: &mut Value| flag["rollout"] = json!({"variant": "on", "percentage": 5});
    assert_eq!(pin_of(&parse(&document(none)), 0), None);
    assert_eq!(pin_of(&parse(&document(|_| {})), 1), None);
}
