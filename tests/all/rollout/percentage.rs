//! The words for rollouts: each does what it says, in the order that is promised.

use fanion::document::DocumentFormat;
use fanion::ruleset::Ruleset;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;

/// A document with the flag `f`, which has the variants `on`, `off` and `beta`, and these members besides.
fn document(members: &Value) -> Value {
    let mut flag = json!({"state": "ENABLED", "variants": {"on": 1, "off": 0, "beta": 2}, "defaultVariant": "off"});
    for (key, value) in members.as_object().expect("members") {
        flag[key] = value.clone();
    }
    json!({"flags": {"f": flag}})
}

fn load(document: &Value) -> Ruleset {
    let (ruleset, diagnostics) = evaluate::load(&document.to_string(), DocumentFormat::Json);
    assert_eq!(diagnostics, [], "{document}");
    ruleset
}

/// The variant that the flag `f` of a document gives; errors by their code.
pub fn variant(ruleset: &Ruleset, context: &Value) -> String {
    let answer = evaluate::ask(ruleset, "f", context);
    let text = answer["variant"].as_str().or(answer["errorCode"].as_str());
    text.unwrap_or("nothing").to_owned()
}

fn check(members: &Value, answers: &[(Value, &str)]) {
    let ruleset = load(&document(members));
    for (context, want) in answers {
        assert_eq!(variant(&ruleset, context), *want, "{members} for {context}");
    }
}

/// What is wrong with a document that has the flag `f` with these members.
fn complaints(members: &Value) -> Vec<String> {
    complaints_of(&document(members))
}

fn complaints_of(document: &Value) -> Vec<String> {
    let (_, diagnostics) = evaluate::load(&document.to_string(), DocumentFormat::Json);
    diagnostics.iter().map(ToString::to_string).collect()
}

fn unit(key: &str) -> Value {
    json!({ "targetingKey": key })
}

#[test]
fn percentage_equals_fractional_of_the_same_share() {
    check(
        &json!({"rollout": {"variant": "on", "percentage": 0}}),
        &[(unit("a"), "off")],
    );
    // Everybody, with or without a key.
    let all = json!({"rollout": {"variant": "on", "percentage": 100}});
    check(&all, &[(unit("a"), "on"), (json!({}), "on")]);
    let half = load(&document(
        &json!({"rollout": {"variant": "on", "percentage": 50}}),
    ));
    let plain = json!({"targeting": {"fractional": [["on", 50], ["off", 50]]}});
    let plain = load(&document(&plain));
    for i in 0..2000 {
        let unit = unit(&format!("user-{i}"));
        // The same units as in the rule that people wrote before there were words.
        assert_eq!(variant(&half, &unit), variant(&plain, &unit));
    }
    assert_eq!(variant(&half, &json!({})), "off");
}

#[test]
fn percentage_resolution_is_a_thousandth() {
    let flags = load(&document(
        &json!({"rollout": {"variant": "on", "percentage": 0.001}}),
    ));
    let taken = (0..400_000).filter(|i| variant(&flags, &unit(&format!("user-{i}"))) == "on");
    let taken = taken.count();
    assert!((1..=12).contains(&taken), "{taken} of 400000 are about 4");
}

#[test]
fn ring_matches_by_attribute_or_condition() {
    let mut flags =
        document(&json!({"rollout": {"variant": "on", "rings": ["internal", "canary"]}}));
    flags["rings"] = json!({
        "internal": {"in": [{"var": "group"}, ["employee", "contractor"]]},
        "canary": {"segments": ["beta-tester", "early"]},
    });
    let ruleset = load(&flags);
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
    check(
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

/// S001-02: each step decides before those behind it.
#[test]
fn decision_order_is_kill_deny_allow_requires_when_rings() {
    let full = |kill: bool, variant_of_base: &str| {
        let mut flags = document(&json!({
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

/// S001-03: whoever is in both lists is denied.
#[test]
fn deny_wins_over_allow() {
    let members = json!({"rollout": {"variant": "on", "percentage": 100, "allow": ["u", "v"], "deny": ["u"]}});
    let (ruleset, diagnostics) =
        evaluate::load(&document(&members).to_string(), DocumentFormat::Json);
    assert_eq!(variant(&ruleset, &unit("u")), "off");
    assert_eq!(variant(&ruleset, &unit("v")), "on");
    assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
    assert_eq!(diagnostics[0].code.id(), "F023");
}

/// S002-11: no percentage is another thing than the safe variant for everybody.
#[test]
fn zero_percent_keeps_rings_and_kill_serves_safe_variant() {
    let zero = json!({"rollout": {"variant": "on", "rings": ["internal"], "percentage": 0}});
    check(
        &zero,
        &[(json!({"ring": "internal"}), "on"), (unit("u"), "off")],
    );
    let mut killed = zero.clone();
    killed["kill"] = json!(true);
    check(
        &killed,
        &[(json!({"ring": "internal"}), "off"), (unit("u"), "off")],
    );
    killed["safeVariant"] = json!("beta");
    killed["state"] = json!("DISABLED");
    // Explicitly: neither the default variant nor the caller's default counts.
    check(
        &killed,
        &[(json!({"ring": "internal"}), "beta"), (unit("u"), "beta")],
    );
    let answer = evaluate::ask(&load(&document(&killed)), "f", &json!({}));
    assert_eq!(answer["reason"], "TARGETING_MATCH");
}

#[test]
fn kill_works_despite_invalid_fields() {
    let members = json!({"kill": true, "rollout": {"variant": "no", "percentage": 500}, "targeting": {"nonsense": 1}});
    let (ruleset, diagnostics) =
        evaluate::load(&document(&members).to_string(), DocumentFormat::Json);
    assert_eq!(variant(&ruleset, &unit("u")), "off");
    assert_eq!(diagnostics.len(), 2, "{diagnostics:?}");
    // Without a safe variant callers get their own.
    let flags = json!({"flags": {"f": {"variants": {"on": 1}, "kill": true, "rollout": {"variant": "on", "percentage": 100}}}});
    let (ruleset, diagnostics) = evaluate::load(&flags.to_string(), DocumentFormat::Json);
    assert_eq!(variant(&ruleset, &unit("u")), "nothing");
    assert_eq!(diagnostics[0].code.id(), "F020");
}

/// S003-14: a device keeps its variant when somebody logs in.
#[test]
fn bucket_by_device_is_stable_across_login() {
    let flags = load(&document(
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
    // Without a device nobody is taken: all of them would be in one bucket.
    assert_eq!(variant(&flags, &unit("u")), "off");
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
    let ruleset = load(&flags);
    let (mut same, mut other) = (0, 0);
    for i in 0..2000 {
        let answer = |key| evaluate::ask(&ruleset, key, &unit(&format!("u{i}")))["variant"] == "on";
        assert_eq!(answer("f"), answer("g"));
        assert_eq!(
            answer("f"),
            answer("spring"),
            "a seed is hashed as a key is"
        );
        same += usize::from(answer("f") && answer("h"));
        other += usize::from(answer("f"));
    }
    // 30 % of 30 %, as chance has it.
    assert!(
        (100..=260).contains(&same) && (500..=700).contains(&other),
        "{same} of {other}"
    );
}

/// S003-21: region by region, in an order, each with its share.
#[test]
fn each_region_has_its_own_percentage() {
    let members = json!({"rollout": {"variant": "on", "percentage": 0, "regions": [
        {"region": "eu-west-1", "percentage": 100}, {"region": ["us-east-1", "us-west-2"], "percentage": 25},
    ]}});
    let flags = load(&document(&members));
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
    let told = complaints(&turned).join("\n");
    assert!(
        told.contains("F023") && told.contains("ahead of the one before it"),
        "{told}"
    );
}

/// S001-05: who takes part, and which variant they get, do not depend on each other.
#[test]
fn split_is_stable_and_independent_of_percentage() {
    let flags = |percentage: u32| {
        load(&document(
            &json!({"rollout": {"split": {"on": 50, "beta": 50}, "percentage": percentage}}),
        ))
    };
    let (tenth, half) = (flags(10), flags(50));
    let mut count = [0_usize; 3];
    for i in 0..20_000 {
        let unit = unit(&format!("user-{i}"));
        let (before, after) = (variant(&tenth, &unit), variant(&half, &unit));
        if before != "off" {
            assert_eq!(before, after, "whoever takes part keeps the variant");
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

/// S003-11: rules in their order, each with its own share; whoever is outside goes on to the next one.
#[test]
fn rollouts_are_tried_in_order() {
    let rollouts = |first: u32| {
        json!({"rollout": [
            {"variant": "beta", "when": {"==": [{"var": "plan"}, "pro"]}, "percentage": first},
            {"variant": "on", "percentage": 40},
        ]})
    };
    let flags = load(&document(&rollouts(10)));
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

/// S001-01 and S001-06: the fields of that service, in words; a rule for one tenant is nobody else's business.
#[test]
fn allow_deny_and_tenant_conditions_combine() {
    check(
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

#[test]
fn prerequisite_uses_the_variant_of_the_required_flag() {
    let mut flags = document(&json!({
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
    let ruleset = load(&flags);
    let mut count = 0;
    for i in 0..3000 {
        let mut context = unit(&format!("user-{i}"));
        // Without an address the flag's key and the targeting key are hashed: those of the other flag.
        if i % 3 == 0 {
            context["email"] = json!(format!("{i}@example.com"));
        }
        if i % 7 == 0 {
            context["ring"] = json!("internal");
        }
        let answer = |key| evaluate::ask(&ruleset, key, &context)["variant"].clone();
        let met = answer("api") == "v2" && answer("legacy") == "off";
        assert_eq!(answer("f") == "on", met, "{context}");
        count += usize::from(met);
    }
    assert!((700..=1100).contains(&count), "{count}");
    let keyless = evaluate::ask(&ruleset, "f", &json!({"ring": "internal"}));
    assert_eq!(keyless["variant"], "on");
}

/// S003-15: prerequisites are explicit, and a circle of them is refused with its path.
#[test]
fn prerequisite_cycles_and_unknown_flags_are_located() {
    let flag = |requires: Value| {
        json!({"variants": {"on": 1, "off": 0}, "defaultVariant": "off", "requires": requires,
        "rollout": {"variant": "on", "percentage": 100}})
    };
    let on = |key: &str| json!([{"flag": key, "variant": "on"}]);
    let flags = json!({"flags": {"a": flag(on("b")), "b": flag(on("c")), "c": flag(on("a")), "f": flag(on("a")),
        "g": flag(on("apy")), "apo": flag(json!([])), "h": flag(json!([{"flag": "apo", "variant": "onn"}]))}});
    let told = complaints_of(&flags);
    let has = |text: &str| {
        assert!(
            told.iter().any(|line| line.contains(text)),
            "no `{text}` in {told:#?}"
        );
    };
    has("F018: prerequisites run in a circle: `a` requires `b` requires `c` requires `a`");
    has("F018: prerequisites run in a circle: `b` requires `c` requires `a` requires `b`");
    has("flag `g` requires `apy`, and there is no such flag (help: did you mean `apo`?");
    has(
        "flag `h` requires the variant `onn`, which flag `apo` does not have (help: did you mean `on`?)",
    );
    let (ruleset, _) = evaluate::load(&flags.to_string(), DocumentFormat::Json);
    let answer = |key| evaluate::ask(&ruleset, key, &unit("u"));
    assert_eq!(answer("a")["errorCode"], "PARSE_ERROR");
    for key in ["f", "g", "h"] {
        assert_eq!(
            answer(key)["variant"],
            "off",
            "{key}: what is not there is not met"
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
    let told = complaints_of(&json!({ "flags": flags }));
    assert!(
        told.iter()
            .any(|line| line.contains("F018") || line.contains("F003")),
        "{}",
        told.len()
    );
    // Every flag requires the one before it twice: the rule would double 40 times.
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
    let told = complaints_of(&json!({ "flags": flags }));
    assert!(told.iter().any(|line| line.contains("F003")), "{told:#?}");
}

/// X-05: what is known of the hashes of others is told.
#[test]
fn dialects_with_known_weaknesses_are_reported() {
    for (dialect, percentage, want) in [
        (
            "java31-abs100",
            json!(10),
            Some("overlap by anything from 0 to 95 %"),
        ),
        (
            "fnv1a32-abs100",
            json!(10),
            Some("the same units are the first of every rollout"),
        ),
        ("md5-8hex-100", json!(10), None),
        ("md5-8hex-100", json!(0.5), Some("a hundred buckets")),
        ("flagd-murmur3", json!(0.5), None),
        ("flagd-murmur3-legacy100", json!(0.5), None),
    ] {
        let members =
            json!({"rollout": {"variant": "on", "percentage": percentage, "dialect": dialect}});
        let told = complaints(&members);
        let found = told.iter().find(|line| line.contains("F021"));
        assert_eq!(found.is_some(), want.is_some(), "{told:?}");
        assert!(
            found.is_none_or(|line| line.contains(want.unwrap_or(""))),
            "{told:?}"
        );
    }
}

/// S003-13, S001-04 and S000-09: the buckets of those services, as a share of a flag.
#[test]
fn dialect_buckets_equal_those_of_the_original_service() {
    for (dialect, key, unit_key, bucket) in [
        ("java31-abs100", "new-checkout-flow", "user-1", 7),
        ("java31-abs100", "enhanced-order-tracking", "user-42", 43),
        ("md5-8hex-100", "new-checkout-flow", "user-1", 21),
        ("md5-8hex-100", "remove-legacy-status-field", "user-42", 55),
        ("fnv1a32-abs100", "any", "session-42", 28),
        ("fnv1a32-abs100", "other", "session-42", 28),
    ] {
        for percentage in [0, 1, bucket, bucket + 1, 99, 100] {
            let rollout = json!({"variant": "on", "percentage": percentage, "dialect": dialect});
            let flag = json!({"variants": {"on": 1, "off": 0}, "defaultVariant": "off", "rollout": rollout});
            let (ruleset, _) = evaluate::load(
                &json!({"flags": {key: flag}}).to_string(),
                DocumentFormat::Json,
            );
            let answer = evaluate::ask(&ruleset, key, &unit(unit_key));
            let want = if bucket < percentage { "on" } else { "off" };
            assert_eq!(
                answer["variant"], want,
                "{dialect} {key} {unit_key} at {percentage}"
            );
            if percentage < 100 {
                let nobody = evaluate::ask(&ruleset, key, &json!({}));
                assert_eq!(nobody["variant"], "off", "{dialect} without a unit");
            }
        }
    }
}

/// The arithmetic of flagd up to 0.14.5, written down once more.
fn legacy_bucket(key: &str) -> f64 {
    let hash = fanion::rule::bucketing::murmur::hash([key.as_bytes(), &[]]).cast_signed();
    f64::from(hash).abs() / f64::from(i32::MAX) * 100.0
}

#[test]
fn legacy100_dialect_buckets_as_flagd_before_0_15() {
    for percentage in [0.5, 5.0, 33.3, 97.0] {
        let rollout = json!({"variant": "on", "percentage": percentage, "dialect": "flagd-murmur3-legacy100"});
        let flags = load(&document(&json!({ "rollout": rollout })));
        for i in 0..5000 {
            let key = format!("user-{i}");
            let want = legacy_bucket(&format!("f{key}")) < percentage;
            assert_eq!(
                variant(&flags, &unit(&key)) == "on",
                want,
                "{key} at {percentage}"
            );
        }
    }
}

/// S001-21: the lifecycle that people wrote down, visible in every answer.
#[test]
fn lifecycle_fields_become_flag_metadata() {
    let flags = document(&json!({"lifecycle": {
        "owner": "checkout-team", "kind": "release", "createdAt": "2026-01-15", "expectedCleanupDate": "2026-04-01",
        "status": "active", "jiraTicket": "CHK-77",
    }}));
    let ruleset = load(&flags);
    let metadata: Vec<_> = ruleset.flags[0]
        .metadata
        .iter()
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!(
        metadata,
        [
            "createdAt",
            "expectedCleanupDate",
            "jiraTicket",
            "kind",
            "owner",
            "status"
        ]
    );
}

/// S002-18: whoever reads the flag sees how far it is.
#[test]
fn flag_metadata_describes_rollout_progress() {
    let phase = |members: &Value| {
        let mut flags = document(members);
        flags["rings"] = json!({"a": true, "b": true, "c": true, "d": true});
        let (ruleset, _) = evaluate::load(&flags.to_string(), DocumentFormat::Json);
        let metadata = &ruleset.flags[0].metadata;
        let found = metadata.iter().find(|(name, _)| &**name == "rollout");
        found.map_or_else(String::new, |(_, value)| format!("{value:?}"))
    };
    let rollout = json!({"variant": "on", "rings": ["a", "b"], "percentage": 25});
    assert_eq!(
        phase(&json!({ "rollout": rollout })),
        r#"Text("ring 2 of 4, 25 %")"#
    );
    assert_eq!(
        phase(&json!({"rollout": rollout, "kill": true})),
        r#"Text("killed")"#
    );
    assert_eq!(
        phase(&json!({"rollout": rollout, "metadata": {"rollout": "mine"}})),
        r#"Text("mine")"#
    );
    let ramp = json!({"variant": "on", "ramp": {"from": "2026-06-01", "to": "2026-06-08", "shape": "doubling"}});
    let want = r#"Text("0 % to 100 % doubling from 2026-06-01T00:00:00Z to 2026-06-08T00:00:00Z")"#;
    assert_eq!(phase(&json!({ "rollout": ramp })), want);
}

/// S002-05: what changes from one request to the next is no bucketing source.
#[test]
fn timestamp_is_rejected_as_bucketing_value() {
    let told = complaints(
        &json!({"rollout": {"variant": "on", "percentage": 5, "bucketBy": "$flagd.timestamp"}}),
    );
    assert!(
        told[0].contains("F016") && told[0].contains("is not the caller's"),
        "{told:?}"
    );
}

/// Members of a flag, and what is told of them.
const MISTAKES: &str = r#"
{"rollout": {"variant": "on", "percentage": 101}} => F016: `rollout.percentage` of flag `f` is 101 (help: a percentage is a number from 0 to 100)
{"rollout": {"variant": "on", "percentage": -1}} => is -1
{"rollout": {"variant": "on", "percentage": 0.0005}} => finer than buckets are (help: the finest step is 0.001)
{"rollout": {"variant": "on", "percentage": "5%"}} => is a string (help: write a number from 0 to 100, without a percent sign)
{"rollout": {"variant": "onn", "percentage": 5}} => F013: `rollout.variant` of flag `f` names `onn`, which is no variant of it (help: did you mean `on`?)
{"rollout": {"percentage": 5}} => does not say what is released
{"rollout": {"variant": "on", "split": {"on": 1}}} => has both `variant` and `split`
{"rollout": {"split": {"on": 0}}} => has weights that sum to 0
{"rollout": {"split": {"on": 1.5}}} => has a weight that is none
{"rollout": {"variant": "on", "percentag": 5}} => has no member `percentag` (help: did you mean `percentage`?)
{"rollout": 5} => `rollout` of flag `f` is a number
{"rollout": {"variant": "on", "allow": []}} => F023: `rollout.allow` of flag `f` is empty
{"rollout": {"variant": "on", "allow": [7]}} => is a number (help: put quotes around it)
{"rollout": {"variant": "on", "when": {"==": [{"var": "a"}, 1]}}} => takes nobody (help: `when` only says who is eligible
{"rollout": {"variant": "on", "when": "x"}} => is no condition
{"rollout": {"variant": "on", "dialect": "java31"}} => is no dialect
{"rollout": {"variant": "on", "regions": ["eu"]}} => `rollout.regions` of flag `f` is a string
{"rollout": {"variant": "on", "regions": [{"region": "eu"}]}} => has an incomplete item
{"rollout": {"variant": "on", "ramp": {"from": "2026-06-02", "to": "2026-06-01"}}} => does not begin before it ends (help: exchange them
{"rollout": {"variant": "on", "ramp": {"from": "soon", "to": "2026-06-01"}}} => is `soon`, which is no point in time
{"rollout": {"variant": "on", "ramp": {"from": "2026-06-01"}}} => has no `from` or no `to`
{"rollout": {"variant": "on", "ramp": {"from": "2026-06-01", "to": "2026-06-02", "steps": 0}}} => is no number of steps
{"rollout": {"variant": "on", "ramp": {"from": "2026-06-01", "to": "2026-06-02", "shape": "curved"}}} => is `curved` (help: write linear or doubling)
{"kill": "yes"} => `kill` of flag `f` is a string (help: write true or false)
{"safeVariant": "of"} => F013: `safeVariant` of flag `f` names `of`
{"requires": ["api"]} => `requires` of flag `f` is a string
{"requires": [{"flag": "api"}]} => has an incomplete item
{"rolout": {}} => F008: a flag has no member `rolout` (help: did you mean `rollout`?)
"#;

#[test]
fn invalid_rollout_fields_are_located_with_a_hint() {
    for line in MISTAKES.trim().lines() {
        let (members, want) = line.split_once(" => ").expect("a row");
        let members = serde_json::from_str(members).expect("JSON");
        let told = complaints(&members);
        assert!(
            told.iter().any(|line| line.contains(want)),
            "no `{want}` in {told:#?}"
        );
        assert!(
            told.iter().all(|line| line.starts_with("flags.yaml:1:")),
            "{told:#?}"
        );
        let (ruleset, diagnostics) =
            evaluate::load(&document(&members).to_string(), DocumentFormat::Json);
        let faulty = diagnostics
            .iter()
            .any(|d| d.severity == fanion::diag::Severity::Error);
        assert_eq!(
            variant(&ruleset, &json!({})) == "PARSE_ERROR",
            faulty,
            "{members}"
        );
    }
}

#[test]
fn invalid_rings_are_located_with_a_hint() {
    let told = |rings: Value| {
        let mut flags = document(&json!({"rollout": {"variant": "on", "rings": ["beta"]}}));
        flags["rings"] = rings;
        complaints_of(&flags).join("\n")
    };
    assert_eq!(told(json!({"beta": {"segments": ["b"]}})), "");
    assert!(told(json!({"betta": {"segments": ["b"]}})).contains(
        "F017: `rings` does not define `beta`, which flag `f` names (help: did you mean `betta`?)"
    ));
    assert!(told(json!({"beta": {"segments": []}})).contains("must be a list of strings"));
    assert!(told(json!({"beta": {"a": 1, "b": 2}})).contains("ring `beta` has several members"));
    assert!(told(json!({"beta": "x"})).contains("ring `beta` is a string, no condition"));
    assert!(told(json!([1])).contains("`rings` is an array"));
}

#[test]
fn rings_may_reference_evaluators() {
    let flags = json!({
        "$evaluators": {"staff": {"ends_with": [{"var": "email"}, "@example.com"]}},
        "rings": {"internal": {"$ref": "staff"}},
        "flags": {"f": {"variants": {"on": 1, "off": 0}, "defaultVariant": "off",
            "rollout": {"variant": "on", "rings": ["internal"]}}},
    });
    let ruleset = load(&flags);
    assert_eq!(variant(&ruleset, &json!({"email": "a@example.com"})), "on");
    assert_eq!(variant(&ruleset, &json!({"email": "a@example.org"})), "off");
}
