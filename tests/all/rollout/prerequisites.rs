//! Prerequisites of a flag: `requires`, cycles and limits.

use fanion::document::DocumentFormat;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::evaluate::rollout::document_diagnostics;
use crate::support::evaluate::rollout::load_valid;
use crate::support::evaluate::rollout::rollout_document;
use crate::support::evaluate::rollout::user;

#[test]
fn prerequisite_uses_the_variant_of_the_required_flag() {
    let mut flags = rollout_document(&json!({
        "requires": [{"flag": "api", "variant": "v2"}, {"flag": "legacy", "variant": "off"}],
        "rollout": {"variant": "on", "percentage": 100},
    }));
    flags["flags"]["api"] = json!({
        "variants": {"v1": 1, "v2": 2}, "defaultVariant": "v1",
        "rollout": {"variant": "v2", "percentage": 50, "rings": ["internal"]},
    });
    flags["flags"]["legacy"] = json!({
        "variants": {"on": 1, "off": 0}, "defaultVariant": "off",
        "targeting": {"fractional": [{"var": "email"}, ["on", 50], ["off", 50]]},
    });
    let ruleset = load_valid(&flags);
    let mut count = 0;
    for i in 0..3000 {
        let mut context = user(&format!("user-{i}"));
        // Without an email address, a prerequisite hashes its own flag key and the targeting key.
        if i % 3 == 0 {
            context["email"] = json!(format!("{i}@example.com"));
        }
        if i % 7 == 0 {
            context["ring"] = json!("internal");
        }
        let answer = |key| evaluate::evaluate(&ruleset, key, &context)["variant"].clone();
        let met = answer("api") == "v2" && answer("legacy") == "off";
        assert_eq!(answer("f") == "on", met, "{context}");
        count += usize::from(met);
    }
    assert!((700..=1100).contains(&count), "{count}");
    let keyless = evaluate::evaluate(&ruleset, "f", &json!({"ring": "internal"}));
    assert_eq!(keyless["variant"], "on");
}

/// Prerequisites are explicit, and a cycle is reported with its path.
#[test]
fn prerequisite_cycles_and_unknown_flags_are_located() {
    let flag = |requires: Value| {
        json!({"variants": {"on": 1, "off": 0}, "defaultVariant": "off", "requires": requires,
        "rollout": {"variant": "on", "percentage": 100}})
    };
    let on = |key: &str| json!([{"flag": key, "variant": "on"}]);
    let flags = json!({"flags": {"a": flag(on("b")), "b": flag(on("c")), "c": flag(on("a")), "f": flag(on("a")),
        "g": flag(on("apy")), "apo": flag(json!([])), "h": flag(json!([{"flag": "apo", "variant": "onn"}]))}});
    let told = document_diagnostics(&flags);
    let has = |text: &str| {
        assert!(
            told.iter().any(|line| line.contains(text)),
            "no `{text}` in {told:#?}"
        );
    };
    has("F018: prerequisites form a cycle: `a` requires `b` requires `c` requires `a`");
    has("F018: prerequisites form a cycle: `b` requires `c` requires `a` requires `b`");
    has("flag `g` requires flag `apy`, which does not exist (help: did you mean `apo`?");
    has(
        "flag `h` requires variant `onn`, which flag `apo` does not have (help: did you mean `on`?)",
    );
    let (ruleset, _) = evaluate::load(&flags.to_string(), DocumentFormat::Json);
    let answer = |key| evaluate::evaluate(&ruleset, key, &user("u"));
    assert_eq!(answer("a")["errorCode"], "PARSE_ERROR");
    for key in ["f", "g", "h"] {
        assert_eq!(
            answer(key)["variant"],
            "off",
            "{key}: a missing prerequisite must not be met"
        );
    }
}

#[test]
fn prerequisite_depth_and_expansion_are_bounded() {
    let mut flags = serde_json::Map::new();
    for i in 0..5000 {
        let requires = if i == 0 {
            json!([])
        } else {
            json!([{"flag": format!("k{:04}", i - 1), "variant": "on"}])
        };
        flags.insert(
            format!("k{i:04}"),
            json!({"variants": {"on": 1, "off": 0}, "defaultVariant": "off",
            "requires": requires, "rollout": {"variant": "on", "percentage": 50}}),
        );
    }
    let told = document_diagnostics(&json!({ "flags": flags }));
    assert!(
        told.iter()
            .any(|line| line.contains("F018") || line.contains("F003")),
        "{}",
        told.len()
    );
    // Every flag requires the previous one twice: without a limit, the rule would double 40 times.
    let mut flags = serde_json::Map::new();
    for i in 0..40 {
        let before = json!({"flag": format!("d{:02}", i - 1), "variant": "on"});
        let requires = if i == 0 {
            json!([])
        } else {
            json!([before, before])
        };
        flags.insert(
            format!("d{i:02}"),
            json!({"variants": {"on": 1, "off": 0}, "defaultVariant": "off",
            "requires": requires, "rollout": {"variant": "on", "percentage": 50}}),
        );
    }
    let told = document_diagnostics(&json!({ "flags": flags }));
    assert!(told.iter().any(|line| line.contains("F003")), "{told:#?}");
}
