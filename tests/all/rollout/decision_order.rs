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

/// Rollouts are tried in order, each with its own share; a user outside one rollout is tried in the next.
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
        let variant = variant(&flags, &unit);
        let reason = match &*variant {
            "off" => "DEFAULT",
            _ => "TARGETING_MATCH",
        };
        assert_eq!(evaluate::evaluate(&flags, "f", &unit)["reason"], reason);
        *count.entry(variant).or_insert(0) += 1;
    }
    // Both rollouts use the same buckets, so the second one serves the buckets of its share beyond the first share.
    assert!((330..=470).contains(&count["beta"]), "{count:?}");
    assert!((1080..=1320).contains(&count["on"]), "{count:?}");
    let free = json!({"targetingKey": "u1", "plan": "free"});
    assert_ne!(variant(&flags, &free), "beta");
}

/// The fields of a service with deny list, allow list, conditions and a percentage, which decide in this order.
#[test]
fn allow_deny_and_tenant_conditions_combine() {
    let rollout = |percentage: u32| {
        json!({"rollout": {
            "variant": "on", "percentage": percentage, "allow": ["a"], "deny": ["d"],
            "when": {"or": [{"==": [{"var": "tenantId"}, "acme"]}, {">": [{"var": "attributes.seats"}, 50]}]},
        }})
    };
    assert_variants(
        &rollout(100),
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
    // The buckets of `u` and `d` are below 50 %, those of `v` and `a` are not.
    assert_variants(
        &rollout(50),
        &[
            (json!({"targetingKey": "u", "tenantId": "acme"}), "on"),
            (json!({"targetingKey": "v", "tenantId": "acme"}), "off"),
            (json!({"targetingKey": "u", "tenantId": "other"}), "off"),
            (json!({"targetingKey": "a", "tenantId": "acme"}), "on"),
            (json!({"targetingKey": "d", "tenantId": "acme"}), "off"),
        ],
    );
}

#[test]
fn growing_the_share_of_one_tenant_changes_no_other_tenant() {
    let flags = |percentage: u32| {
        load_valid(&rollout_document(&json!({"rollout": [
            {"variant": "on", "when": {"==": [{"var": "tenantId"}, "acme"]}, "percentage": percentage},
            {"variant": "on", "percentage": 30},
        ]})))
    };
    let (before, after) = (flags(40), flags(100));
    for tenant in ["acme", "other"] {
        let users = (0..500)
            .map(|i| json!({"targetingKey": format!("user-{i}"), "tenantId": tenant}))
            .filter(|user| variant(&before, user) != variant(&after, user));
        assert_eq!(users.count() > 0, tenant == "acme", "{tenant}");
    }
}
