//! Order of `kill`, `deny`, `allow`, `requires`, `when`, rings and several rollouts.

use fanion::document::DocumentFormat;
use serde_json::json;

use crate::support::evaluate;
use crate::support::evaluate::rollout::assert_variants;
use crate::support::evaluate::rollout::load_valid;
use crate::support::evaluate::rollout::rollout_document;
use crate::support::evaluate::rollout::user;
use crate::support::evaluate::rollout::variant;

/// Each step decides before the steps after it.
#[test]
fn decision_order_is_kill_deny_allow_requires_when_rings() {
    let full = |kill: bool, variant_of_base: &str| {
        let mut flags = rollout_document(&json!({
            "kill": kill,
            "requires": [{"flag": "base", "variant": "on"}],
            "rollout": {
                "variant": "on", "deny": ["denied", "both"], "allow": ["allowed", "both"],
                "when": {"==": [{"var": "country"}, "DE"]}, "rings": ["internal"],
            },
            "targeting": {"if": [{"==": [{"var": "plan"}, "pro"]}, "beta"]},
        }));
        flags["flags"]["base"] = json!({
            "state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": variant_of_base,
        });
        let (ruleset, _) = evaluate::load(&flags.to_string(), DocumentFormat::Json);
        ruleset
    };
    let of = |key: &str, country: &str, ring: &str, plan: &str| json!({"targetingKey": key, "country": country, "ring": ring, "plan": plan});
    let met = full(false, "on");
    for (context, want) in [
        (of("denied", "DE", "internal", "pro"), "off"),
        (of("both", "DE", "internal", "pro"), "off"),
        (of("allowed", "US", "none", "pro"), "on"),
        (of("x", "DE", "internal", "pro"), "on"),
        (of("x", "US", "internal", "pro"), "beta"),
        (of("x", "DE", "none", "pro"), "beta"),
        (of("x", "DE", "none", "free"), "off"),
    ] {
        assert_eq!(variant(&met, &context), want, "{context}");
    }
    let unmet = full(false, "off");
    for (context, want) in [
        (of("allowed", "DE", "internal", "pro"), "on"),
        (of("x", "DE", "internal", "pro"), "off"),
        (of("x", "US", "none", "pro"), "off"),
    ] {
        assert_eq!(
            variant(&unmet, &context),
            want,
            "{context} without the prerequisite"
        );
    }
    let killed = full(true, "on");
    for key in ["denied", "allowed", "x"] {
        assert_eq!(variant(&killed, &of(key, "DE", "internal", "pro")), "off");
    }
}

/// A key in both lists is denied.
#[test]
fn deny_wins_over_allow() {
    let members = json!({"rollout": {"variant": "on", "percentage": 100, "allow": ["u", "v"], "deny": ["u"]}});
    let (ruleset, diagnostics) = evaluate::load(
        &rollout_document(&members).to_string(),
        DocumentFormat::Json,
    );
    assert_eq!(variant(&ruleset, &user("u")), "off");
    assert_eq!(variant(&ruleset, &user("v")), "on");
    assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
    assert_eq!(diagnostics[0].code.id(), "F023");
}

/// Rollouts are tried in order, each with its own share; a user outside of one is tried in the next.
#[test]
fn rollouts_are_tried_in_order() {
    let rollouts = |first: u32| {
        json!({"rollout": [
            {"variant": "beta", "when": {"==": [{"var": "plan"}, "pro"]}, "percentage": first},
            {"variant": "on", "percentage": 40},
        ]})
    };
    let flags = load_valid(&rollout_document(&rollouts(10)));
    let units = (0..4000).map(|i| json!({"targetingKey": format!("u{i}"), "plan": "pro"}));
    let mut count = std::collections::BTreeMap::new();
    for unit in units {
        *count.entry(variant(&flags, &unit)).or_insert(0) += 1;
    }
    // Both hash alike: the second share is what it has beyond the first.
    assert!((330..=470).contains(&count["beta"]), "{count:?}");
    assert!((1080..=1320).contains(&count["on"]), "{count:?}");
    let free = json!({"targetingKey": "u1", "plan": "free"});
    assert_ne!(variant(&flags, &free), "beta");
}

/// The fields of a service with allow list, deny list and conditions; a rule for one tenant does not affect other tenants.
#[test]
fn allow_deny_and_tenant_conditions_combine() {
    assert_variants(
        &json!({"rollout": {
            "variant": "on", "percentage": 100, "allow": ["a"], "deny": ["d"],
            "when": {"or": [{"==": [{"var": "tenantId"}, "acme"]}, {">": [{"var": "attributes.seats"}, 50]}]},
        }}),
        &[
            (json!({"targetingKey": "u", "tenantId": "acme"}), "on"),
            (json!({"targetingKey": "u", "tenantId": "other"}), "off"),
            (
                json!({"targetingKey": "u", "tenantId": "other", "attributes": {"seats": 51}}),
                "on",
            ),
            (json!({"targetingKey": "a", "tenantId": "other"}), "on"),
            (json!({"targetingKey": "d", "tenantId": "acme"}), "off"),
        ],
    );
}
