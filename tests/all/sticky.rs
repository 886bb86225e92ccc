//! Percentages keep their promise: nobody who has a variant loses it when its share grows.

use fanion::document::Format;
use fanion::ruleset::Ruleset;
use proptest::prelude::*;
use serde_json::json;

use crate::evaluate;

/// A flag that gives `on` to so many thousandths.
fn flag(key: &str, thousandths: u32) -> Ruleset {
    let targeting = json!({"fractional": [["on", thousandths], ["off", 1000 - thousandths]]});
    let flag = json!({
        "variants": {"on": true, "off": false}, "defaultVariant": "off", "targeting": targeting,
    });
    evaluate::load(&json!({"flags": {key: flag}}).to_string(), Format::Json).0
}

fn has_it(ruleset: &Ruleset, key: &str, unit: &str) -> bool {
    evaluate::ask(ruleset, key, &json!({"targetingKey": unit}))["variant"] == "on"
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn whoever_has_it_at_a_share_has_it_at_every_larger_one(
        key in "[a-z.-]{1,20}", unit in "\\PC{1,40}", p in 0_u32..=1000, q in 0_u32..=1000,
    ) {
        let (p, q) = (p.min(q), p.max(q));
        if has_it(&flag(&key, p), &key, &unit) {
            prop_assert!(has_it(&flag(&key, q), &key, &unit));
        }
    }
}

/// The half width of the band that holds 99.9 % of all outcomes of a binomial distribution.
fn band(units: f64, share: f64) -> f64 {
    3.29 * (units * share * (1.0 - share)).sqrt() + 1.0
}

#[test]
fn shares_over_200_000_units_are_what_they_say_and_grow_without_loss() {
    const UNITS: usize = 200_000;
    let units: Vec<String> = (0..UNITS).map(|i| format!("user-{i}")).collect();
    let mut before = vec![false; UNITS];
    for thousandths in (0..=1000)
        .step_by(1000 / 50)
        .chain([1, 5, 10, 999])
        .collect::<std::collections::BTreeSet<u32>>()
    {
        let ruleset = flag("checkout.cart.new-summary", thousandths);
        let now: Vec<bool> = units
            .iter()
            .map(|unit| has_it(&ruleset, "checkout.cart.new-summary", unit))
            .collect();
        let lost = before
            .iter()
            .zip(&now)
            .filter(|(was, is)| **was && !**is)
            .count();
        assert_eq!(lost, 0, "at {thousandths} thousandths");
        let share = f64::from(thousandths) / 1000.0;
        let count = now.iter().filter(|is| **is).count() as f64;
        let off = (count - UNITS as f64 * share).abs();
        assert!(
            off <= band(UNITS as f64, share),
            "{count} units at {thousandths} thousandths"
        );
        before = now;
    }
}
