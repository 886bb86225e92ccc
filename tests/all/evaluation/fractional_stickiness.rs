//! A growing share of `fractional` never takes the variant from a user.

use fanion::document::DocumentFormat;
use fanion::ruleset::Ruleset;
use proptest::prelude::*;
use serde_json::json;

use crate::support::evaluate;

/// A flag that serves `on` to `thousandths` of all users.
fn flag(key: &str, thousandths: u32) -> Ruleset {
    let targeting = json!({"fractional": [["on", thousandths], ["off", 1000 - thousandths]]});
    let flag = json!({
        "variants": {"on": true, "off": false}, "defaultVariant": "off", "targeting": targeting,
    });
    evaluate::load(
        &json!({"flags": {key: flag}}).to_string(),
        DocumentFormat::Json,
    )
    .0
}

fn has_it(ruleset: &Ruleset, key: &str, unit: &str) -> bool {
    evaluate::evaluate(ruleset, key, &json!({"targetingKey": unit}))["variant"] == "on"
}

/// The same flag at every share from 0 to 100 percent, in steps of 0.1.
fn ladder(key: &str) -> Vec<Ruleset> {
    (0..=1000)
        .map(|thousandths| flag(key, thousandths))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(10) })]

    #[test]
    fn growing_share_never_removes_a_user(
        key in "[a-z.-]{1,20}", units in prop::collection::vec("\\PC{1,40}", 50),
    ) {
        let ladder = ladder(&key);
        for unit in units {
            let mut has = ladder.iter().map(|ruleset| has_it(ruleset, &key, &unit));
            // A user that has the variant at one share has it at all larger shares.
            let without = has.by_ref().take_while(|has| !has).count();
            prop_assert!(has.all(|has| has), "{} loses it above {} thousandths", unit, without);
            prop_assert!((1..=1000).contains(&without), "served to a user at 0, or not served at 1000");
        }
    }
}

/// The half width of the band that holds 99.9 % of all outcomes of a binomial distribution.
fn band(units: f64, share: f64) -> f64 {
    3.29 * (units * share * (1.0 - share)).sqrt() + 1.0
}

#[test]
fn shares_of_200_000_users_are_within_binomial_bounds() {
    const UNITS: u32 = 200_000;
    const KEY: &str = "checkout.cart.new-summary";
    let ladder = ladder(KEY);
    let mut begins = vec![0_u32; 1001];
    for i in 0..UNITS {
        let unit = format!("user-{i}");
        // No user loses the variant as the share grows, so binary search finds the first share.
        let first = ladder.partition_point(|ruleset| !has_it(ruleset, KEY, &unit));
        begins[first] += 1;
    }
    let (mut count, mut outside) = (0, Vec::new());
    for (thousandths, begin) in (0_u32..).zip(begins) {
        count += begin;
        let share = f64::from(thousandths) / 1000.0;
        let off = (f64::from(count) - f64::from(UNITS) * share).abs();
        if off > band(f64::from(UNITS), share) {
            outside.push((thousandths, count));
        }
    }
    assert_eq!(
        outside,
        Vec::<(u32, u32)>::new(),
        "shares outside their band"
    );
}
