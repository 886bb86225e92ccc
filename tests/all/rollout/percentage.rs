//! `percentage`, `split`, `regions` and `bucketBy` of a rollout.

use serde_json::json;

use crate::support::evaluate;
use crate::support::evaluate::rollout::assert_variants;
use crate::support::evaluate::rollout::diagnostics;
use crate::support::evaluate::rollout::load_valid;
use crate::support::evaluate::rollout::rollout_document;
use crate::support::evaluate::rollout::user;
use crate::support::evaluate::rollout::variant;

#[test]
fn percentage_equals_fractional_of_the_same_share() {
    assert_variants(
        &json!({"rollout": {"variant": "on", "percentage": 0}}),
        &[(user("a"), "off")],
    );
    // All users, with or without a targeting key.
    let all = json!({"rollout": {"variant": "on", "percentage": 100}});
    assert_variants(&all, &[(user("a"), "on"), (json!({}), "on")]);
    let half = load_valid(&rollout_document(
        &json!({"rollout": {"variant": "on", "percentage": 50}}),
    ));
    let plain = json!({"targeting": {"fractional": [["on", 50], ["off", 50]]}});
    let plain = load_valid(&rollout_document(&plain));
    for i in 0..2000 {
        let unit = user(&format!("user-{i}"));
        // `percentage` selects the same users as the equivalent `fractional` rule.
        assert_eq!(variant(&half, &unit), variant(&plain, &unit));
    }
    assert_eq!(variant(&half, &json!({})), "off");
}

#[test]
fn percentage_resolution_is_a_thousandth() {
    let flags = load_valid(&rollout_document(
        &json!({"rollout": {"variant": "on", "percentage": 0.001}}),
    ));
    let taken = (0..400_000).filter(|i| variant(&flags, &user(&format!("user-{i}"))) == "on");
    let taken = taken.count();
    assert!(
        (1..=12).contains(&taken),
        "{taken} of 400000 users, expected about 4"
    );
}

/// A device keeps its variant when a user logs in.
#[test]
fn bucket_by_device_is_stable_across_login() {
    let flags = load_valid(&rollout_document(
        &json!({"rollout": {"variant": "on", "percentage": 50, "bucketBy": "device.id"}}),
    ));
    let mut taken = 0;
    for i in 0..500 {
        let device = json!({"id": format!("device-{i}")});
        let anonymous = variant(&flags, &json!({ "device": device }));
        let known = variant(
            &flags,
            &json!({"device": device, "targetingKey": format!("user-{i}")}),
        );
        assert_eq!(anonymous, known);
        taken += usize::from(known == "on");
    }
    assert!((200..=300).contains(&taken), "{taken} of 500");
    // Contexts without a device are not selected: they would all be in the same bucket.
    assert_eq!(variant(&flags, &user("u")), "off");
}

#[test]
fn seed_replaces_the_flag_key_in_the_hash() {
    let flag = |seed: Option<&str>| {
        let mut rollout = json!({"variant": "on", "percentage": 30});
        if let Some(seed) = seed {
            rollout["seed"] = json!(seed);
        }
        json!({"variants": {"on": 1, "off": 0}, "defaultVariant": "off", "rollout": rollout})
    };
    let flags = json!({"flags": {"f": flag(Some("spring")), "g": flag(Some("spring")), "h": flag(None), "spring": flag(None)}});
    let ruleset = load_valid(&flags);
    let (mut same, mut other) = (0, 0);
    for i in 0..2000 {
        let answer =
            |key| evaluate::evaluate(&ruleset, key, &user(&format!("u{i}")))["variant"] == "on";
        assert_eq!(answer("f"), answer("g"));
        assert_eq!(
            answer("f"),
            answer("spring"),
            "a seed must hash like a flag key"
        );
        same += usize::from(answer("f") && answer("h"));
        other += usize::from(answer("f"));
    }
    // Independent rollouts: 30 % of the 30 %.
    assert!(
        (100..=260).contains(&same) && (500..=700).contains(&other),
        "{same} of {other}"
    );
}

/// Regions are released one after the other, each with its own share.
#[test]
fn each_region_has_its_own_percentage() {
    let members = json!({"rollout": {"variant": "on", "percentage": 0, "regions": [
        {"region": "eu-west-1", "percentage": 100}, {"region": ["us-east-1", "us-west-2"], "percentage": 25},
    ]}});
    let flags = load_valid(&rollout_document(&members));
    let share = |region: &str| {
        let units = (0..1000).map(|i| json!({"targetingKey": format!("u{i}"), "region": region}));
        units.filter(|unit| variant(&flags, unit) == "on").count()
    };
    assert_eq!(share("eu-west-1"), 1000);
    assert!((200..=300).contains(&share("us-east-1")));
    assert_eq!(share("us-east-1"), share("us-west-2"));
    assert_eq!(share("ap-south-1"), 0);
    let mut turned = members.clone();
    turned["rollout"]["regions"][0]["percentage"] = json!(5);
    let told = diagnostics(&turned).join("\n");
    assert!(
        told.contains("F023") && told.contains("a higher percentage than the region before"),
        "{told}"
    );
}

/// Participation and the choice of the variant are independent.
#[test]
fn split_is_stable_and_independent_of_percentage() {
    let flags = |percentage: u32| {
        load_valid(&rollout_document(
            &json!({"rollout": {"split": {"on": 50, "beta": 50}, "percentage": percentage}}),
        ))
    };
    let (tenth, half) = (flags(10), flags(50));
    let mut count = [0_usize; 3];
    for i in 0..20_000 {
        let unit = user(&format!("user-{i}"));
        let (before, after) = (variant(&tenth, &unit), variant(&half, &unit));
        if before != "off" {
            assert_eq!(before, after, "a user in the rollout must keep the variant");
        }
        count[usize::from(before == "on")] += usize::from(before != "off");
        count[2] += usize::from(before == "off");
    }
    let [beta, on, off] = count;
    assert!((17_700..=18_300).contains(&off), "{count:?}");
    assert!(
        (850..=1150).contains(&on) && (850..=1150).contains(&beta),
        "{count:?}"
    );
    assert_eq!(variant(&half, &json!({})), "off");
}
