//! `rings` and `segments` of a rollout.

use serde_json::json;

use crate::support::evaluate::rollout::assert_variants;
use crate::support::evaluate::rollout::load_valid;
use crate::support::evaluate::rollout::rollout_document;
use crate::support::evaluate::rollout::variant;

#[test]
fn ring_matches_by_attribute_or_condition() {
    let mut flags =
        rollout_document(&json!({"rollout": {"variant": "on", "rings": ["internal", "canary"]}}));
    flags["rings"] = json!({
        "internal": {"in": [{"var": "group"}, ["employee", "contractor"]]},
        "canary": {"segments": ["beta-tester", "early"]},
    });
    let ruleset = load_valid(&flags);
    for (context, want) in [
        (json!({"ring": "internal"}), "on"),
        (json!({"ring": "canary"}), "on"),
        (json!({"ring": "all"}), "off"),
        (json!({"ring": 0}), "off"),
        (json!({"group": "employee"}), "on"),
        (json!({"group": "guest"}), "off"),
        (json!({"segments": ["x", "early"]}), "on"),
        (json!({"segments": "early"}), "on"),
        (json!({}), "off"),
    ] {
        assert_eq!(variant(&ruleset, &context), want, "{context}");
    }
}

#[test]
fn segments_match_whole_members_only() {
    assert_variants(
        &json!({"rollout": {"variant": "on", "segments": ["staff", "partner"]}}),
        &[
            (json!({"segments": ["guest", "partner"]}), "on"),
            (json!({"segments": "staff"}), "on"),
            (json!({"segments": "non-staff"}), "off"),
            (json!({"segments": ["staffing"]}), "off"),
            (json!({"segments": []}), "off"),
            (json!({"segments": null}), "off"),
            (json!({}), "off"),
        ],
    );
}

#[test]
fn rings_may_reference_evaluators() {
    let flags = json!({
        "$evaluators": {"staff": {"ends_with": [{"var": "email"}, "@example.com"]}},
        "rings": {"internal": {"$ref": "staff"}},
        "flags": {"f": {"variants": {"on": 1, "off": 0}, "defaultVariant": "off",
            "rollout": {"variant": "on", "rings": ["internal"]}}},
    });
    let ruleset = load_valid(&flags);
    assert_eq!(variant(&ruleset, &json!({"email": "a@example.com"})), "on");
    assert_eq!(variant(&ruleset, &json!({"email": "a@example.org"})), "off");
}
