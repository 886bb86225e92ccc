//! Migration from other flag services: equal results with rollout fields.

use std::collections::BTreeSet;

use fanion::document::DocumentFormat;
use fanion::ruleset::Ruleset;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::evaluate::rollout::diagnostics;
use crate::support::evaluate::rollout::remote_rollout;
use crate::support::server;
use crate::support::server::http_client;

fn load(document: &Value) -> Ruleset {
    evaluate::load(&document.to_string(), DocumentFormat::Json).0
}

fn variant(ruleset: &Ruleset, key: &str, context: &Value) -> String {
    let answer = evaluate::evaluate(ruleset, key, context);
    answer["variant"].as_str().expect("a variant").to_owned()
}

#[test]
fn kill_then_segments_then_percentage_decide() {
    let key = "checkout-remote-rollout";
    let staff = json!({"sessionId": "session-1", "segments": ["x", "internal-staff"]});
    let session = |id: &str| json!({ "sessionId": id });
    for percentage in [0, 10, 100] {
        assert_eq!(
            variant(&load(&remote_rollout(false, percentage)), key, &staff),
            "stable"
        );
        assert_eq!(
            variant(&load(&remote_rollout(true, percentage)), key, &staff),
            "canary"
        );
    }
    // The buckets are 97 and 28.
    for (percentage, first, second) in [
        (0, "stable", "stable"),
        (28, "stable", "stable"),
        (29, "stable", "canary"),
        (97, "stable", "canary"),
        (98, "canary", "canary"),
        (100, "canary", "canary"),
    ] {
        let flags = load(&remote_rollout(true, percentage));
        assert_eq!(
            variant(&flags, key, &session("session-1")),
            first,
            "at {percentage}"
        );
        assert_eq!(
            variant(&flags, key, &session("session-42")),
            second,
            "at {percentage}"
        );
    }
}

#[tokio::test]
async fn object_variant_is_returned_as_json() {
    let (server, _dir) =
        server::serve_text("flags.json", &remote_rollout(true, 10).to_string()).await;
    let body = r#"{"flagKey":"checkout-remote-rollout","context":{"segments":["internal-staff"]}}"#;
    let answer =
        http_client::call(&server, "/flagd.evaluation.v1.Service/ResolveObject", body).await;
    let answer = answer.json();
    assert_eq!(answer["variant"], "canary");
    let entry = "https://cdn.example.com/remotes/checkout/2.0.0/remoteEntry.js";
    assert_eq!(
        answer["value"],
        json!({"version": "2.0.0", "remoteEntry": entry})
    );
}

#[test]
fn two_flags_bucket_independently() {
    let flag = json!({"variants": {"on": 1, "off": 0}, "defaultVariant": "off",
        "rollout": {"variant": "on", "percentage": 10, "dialect": "md5-8hex-100"}});
    let modern = json!({"variants": {"on": 1, "off": 0}, "defaultVariant": "off",
        "rollout": {"variant": "on", "percentage": 10}});
    let flags = load(&json!({"flags": {"a": flag, "b": flag, "c": modern, "d": modern}}));
    for (one, other) in [("a", "b"), ("c", "d")] {
        let (mut first, mut both) = (0.0_f64, 0.0_f64);
        for i in 0..40_000 {
            let unit = json!({"targetingKey": format!("user-{i}")});
            if variant(&flags, one, &unit) == "on" {
                first += 1.0;
                both += f64::from(u8::from(variant(&flags, other, &unit) == "on"));
            }
        }
        // The 99.9 % band of a binomial distribution.
        let band = 3.29 * (first * 0.1 * 0.9).sqrt() + 1.0;
        assert!(
            (both - first * 0.1).abs() < band,
            "{both} of {first} users are in both rollouts"
        );
    }
}

const EXPRESS: &str = r#"
flags:
  checkout.payments.express-pay:
    state: ENABLED
    variants: {"on": true, "off": false}
    defaultVariant: "off"
    targeting:
      TARGETING
"#;

#[test]
fn legacy_fractional_evaluation_loads_with_a_warning() {
    let rule = r#"fractionalEvaluation: [{var: targetingKey}, ["on",1], ["off",99]]"#;
    let (ruleset, diagnostics) =
        evaluate::load(&EXPRESS.replace("TARGETING", rule), DocumentFormat::Yaml);
    let told: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("F014") && told[0].contains("write `fractional`"),
        "{told:?}"
    );
    let on = (0..10_000).filter(|i| {
        variant(
            &ruleset,
            "checkout.payments.express-pay",
            &json!({"targetingKey": format!("user-{i}")}),
        ) == "on"
    });
    assert!(
        (67..=133).contains(&on.count()),
        "1 % of 10,000 users, within a 99.9 % interval"
    );
}

#[test]
fn one_percent_cohort_is_contained_in_larger_shares() {
    let at = |percentage: u32| {
        load(
            &json!({"flags": {"f": {"variants": {"on": 1, "off": 0}, "defaultVariant": "off",
            "rollout": {"variant": "on", "percentage": percentage}}}}),
        )
    };
    let cohort = |percentage: u32| -> BTreeSet<u32> {
        let flags = at(percentage);
        let units = 0..100_000;
        units
            .filter(|i| variant(&flags, "f", &json!({"targetingKey": format!("user-{i}")})) == "on")
            .collect()
    };
    let shares = [1, 2, 5, 10].map(cohort);
    let band = 3.29 * (100_000.0_f64 * 0.01 * 0.99).sqrt();
    assert!(
        (shares[0].len() as f64 - 1000.0).abs() < band,
        "{}",
        shares[0].len()
    );
    assert!(shares.windows(2).all(|pair| pair[0].is_subset(&pair[1])));
}

#[test]
fn ring_rule_works_and_its_syntax_error_is_located() {
    let rule = r#"if: [{in: [{var: ring}, ["internal","beta"]]}, "on", {fractionalEvaluation: [{var: targetingKey}, ["on",5], ["off",95]]}]"#;
    let (ruleset, _) = evaluate::load(&EXPRESS.replace("TARGETING", rule), DocumentFormat::Yaml);
    let key = "checkout.payments.express-pay";
    let fields = json!({"flags": {key: {"variants": {"on": true, "off": false}, "defaultVariant": "off",
        "rollout": {"variant": "on", "rings": ["internal", "beta"], "percentage": 5}}}});
    for flags in [&ruleset, &load(&fields)] {
        for ring in ["internal", "beta", "all"] {
            let units =
                (0..10_000).map(|i| json!({"targetingKey": format!("user-{i}"), "ring": ring}));
            let on = units.filter(|unit| variant(flags, key, unit) == "on");
            // The 99.9 % band of a binomial distribution, around 5 %.
            let want = match ring {
                "all" => 429..=571,
                _ => 10_000..=10_000,
            };
            assert!(want.contains(&on.count()), "{ring}");
        }
    }
    let misprint =
        "{ if: [\n        - in: [{var: ring}, [internal, beta]]\n        - \"on\"\n      ] }";
    let (_, diagnostics) = evaluate::load(
        &EXPRESS.replace("TARGETING", misprint),
        DocumentFormat::Yaml,
    );
    let told = diagnostics[0].to_string();
    assert!(
        told.starts_with("flags.yaml:9:")
            && told.contains("a list with dashes is not allowed inside"),
        "{told}"
    );
}

#[test]
fn equals_contains_comparison_and_in_conditions_match() {
    for (rule, hit, miss) in [
        (json!({"==": [{"var": "a"}, "x"]}), json!("x"), json!("y")),
        (
            json!({"in": ["ell", {"var": "a"}]}),
            json!("hello"),
            json!("hallo"),
        ),
        (json!({">": [{"var": "a"}, 5]}), json!(6), json!(5)),
        (json!({"<": [{"var": "a"}, 5]}), json!(4), json!(5)),
        (
            json!({"in": [{"var": "a"}, ["x", "y"]]}),
            json!("y"),
            json!("z"),
        ),
    ] {
        let flags = load(
            &json!({"flags": {"f": {"variants": {"on": 1, "off": 0}, "defaultVariant": "off",
            "rollout": {"variant": "on", "percentage": 100, "when": rule}}}}),
        );
        assert_eq!(variant(&flags, "f", &json!({"a": hit})), "on", "{rule}");
        assert_eq!(variant(&flags, "f", &json!({"a": miss})), "off", "{rule}");
    }
}

#[test]
fn regular_expressions_are_reported_as_unknown_operator() {
    let when = json!({"matches": [{"var": "a"}, "^x"]});
    let found =
        diagnostics(&json!({"rollout": {"variant": "on", "percentage": 100, "when": when}}));
    assert!(found.iter().any(|line| line.contains("F011")), "{found:?}");
}
