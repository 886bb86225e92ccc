//! `kill` and the safe variant.

use fanion::document::DocumentFormat;
use serde_json::json;

use crate::support::evaluate;
use crate::support::evaluate::rollout::assert_variants;
use crate::support::evaluate::rollout::load_valid;
use crate::support::evaluate::rollout::rollout_document;
use crate::support::evaluate::rollout::user;
use crate::support::evaluate::rollout::variant;

/// `percentage: 0` keeps rings and lists; `kill` serves the safe variant to all users.
#[test]
fn zero_percent_keeps_rings_and_kill_serves_safe_variant() {
    let zero = json!({"rollout": {"variant": "on", "rings": ["internal"], "percentage": 0}});
    assert_variants(
        &zero,
        &[(json!({"ring": "internal"}), "on"), (user("u"), "off")],
    );
    let mut killed = zero.clone();
    killed["kill"] = json!(true);
    assert_variants(
        &killed,
        &[(json!({"ring": "internal"}), "off"), (user("u"), "off")],
    );
    killed["safeVariant"] = json!("beta");
    killed["state"] = json!("DISABLED");
    // `safeVariant` takes precedence over the default variant and over `state: DISABLED`.
    assert_variants(
        &killed,
        &[(json!({"ring": "internal"}), "beta"), (user("u"), "beta")],
    );
    let answer = evaluate::evaluate(&load_valid(&rollout_document(&killed)), "f", &json!({}));
    assert_eq!(answer["reason"], "TARGETING_MATCH");
}

#[test]
fn kill_works_despite_invalid_fields() {
    let members = json!({"kill": true, "rollout": {"variant": "no", "percentage": 500}, "targeting": {"nonsense": 1}});
    let (ruleset, diagnostics) = evaluate::load(
        &rollout_document(&members).to_string(),
        DocumentFormat::Json,
    );
    assert_eq!(variant(&ruleset, &user("u")), "off");
    assert_eq!(diagnostics.len(), 2, "{diagnostics:?}");
    // Without `safeVariant` and `defaultVariant`, callers get their own default.
    let flags = json!({"flags": {"f": {"variants": {"on": 1}, "kill": true, "rollout": {"variant": "on", "percentage": 100}}}});
    let (ruleset, diagnostics) = evaluate::load(&flags.to_string(), DocumentFormat::Json);
    assert_eq!(variant(&ruleset, &user("u")), "nothing");
    assert_eq!(diagnostics[0].code.id(), "F020");
}
