//! Stickiness: growing a rollout never takes the variant from a user.

use bumpalo::Bump;
use fanion::decision::Decision;
use fanion::diag::Diagnostic;
use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::merge::merge_documents;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::ruleset::Ruleset;
use fanion::stickiness;
use fanion::wire::Codec;
use fanion::wire::evaluation::request::ResolveRequest;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::server;
use crate::support::server::Server;
use crate::support::server::http_client;

const KEY: &str = "f";

pub const NOW: i64 = 1_780_272_000;

/// One state of a flag file, merged and compiled.
pub struct CompiledFlagFile {
    pub ruleset: Ruleset,
}

impl CompiledFlagFile {
    pub fn of(members: &Value) -> CompiledFlagFile {
        let mut flag = json!({"variants": {"on": 1, "off": 0, "beta": 2}, "defaultVariant": "off"});
        for (key, value) in members.as_object().expect("members") {
            flag[key] = value.clone();
        }
        let text = json!({"flags": {KEY: flag}}).to_string();
        let parsed = document::parse(&text, DocumentFormat::Json, &evaluate::origin());
        let document = merge_documents(&parsed.document);
        let (ruleset, _) = ruleset::compile(&document, FractionalVersion::default());
        CompiledFlagFile { ruleset }
    }

    pub fn variant(&self, context: &str, now: i64) -> &str {
        let flag = &self.ruleset.flags[0];
        let arena = Bump::new();
        let body = format!("{{\"context\":{context}}}");
        let attributes =
            ResolveRequest::decode_resolve_all(Codec::Json, body.as_bytes()).expect("a context");
        let context = attributes
            .context_for_flag(flag, &[], &arena, now as f64)
            .expect("a context");
        match flag.decide(&context) {
            Decision::Variant(index, _) => &flag.variant_names[usize::from(index)],
            other => panic!("{other:?}"),
        }
    }

    pub fn variant_for_user(&self, unit: &str, now: i64) -> &str {
        self.variant(&json!({ "targetingKey": unit }).to_string(), now)
    }
}

pub fn stickiness_diagnostics(old: &Value, new: &Value) -> Vec<Diagnostic> {
    stickiness::ruleset_violations(
        &CompiledFlagFile::of(old).ruleset,
        &CompiledFlagFile::of(new).ruleset,
        NOW,
    )
}

fn codes(old: &Value, new: &Value) -> Vec<&'static str> {
    stickiness_diagnostics(old, new)
        .iter()
        .map(|d| d.code.id())
        .collect()
}

pub fn share(percentage: f64) -> Value {
    json!({"rollout": {"variant": "on", "percentage": percentage}})
}

pub fn split(shares: &[(&str, u32)]) -> Value {
    let shares: Vec<Value> = shares
        .iter()
        .map(|(name, weight)| json!([name, weight]))
        .collect();
    json!({"targeting": { "fractional": shares }})
}

/// Generates the members of a flag that do not change in an edit: targeting, rings, dialect, `bucketBy` and seed.
fn around() -> impl Strategy<Value = Value> {
    let rest = prop_oneof![
        Just(Value::Null),
        Just(json!({"if": [{"==": [{"var": "plan"}, "pro"]}, "beta"]})),
        Just(json!({"fractional": [["beta", 30], ["off", 70]]})),
        Just(json!({"fractional": [{"var": "email"}, ["beta", 50], [null, 50]]})),
    ];
    let rings = prop::sample::subsequence(vec!["internal", "beta", "early"], 0..=3);
    let dialect = prop::sample::select(vec![
        "flagd-murmur3",
        "flagd-murmur3",
        "flagd-murmur3-legacy100",
        "fnv1a32-abs100",
        "md5-8hex-100",
        "java31-abs100",
    ]);
    let bucket_by = prop::option::of(Just("sessionId"));
    let seed = prop::option::of("[a-z]{1,8}");
    (rest, rings, dialect, bucket_by, seed).prop_map(|(rest, rings, dialect, by, seed)| {
        let mut rollout = json!({"variant": "on", "rings": rings, "dialect": dialect});
        if let Some(by) = by {
            rollout["bucketBy"] = json!(by);
        }
        if let Some(seed) = seed {
            rollout["seed"] = json!(seed);
        }
        let mut members = json!({ "rollout": rollout });
        if !rest.is_null() {
            members["targeting"] = rest;
        }
        members
    })
}

fn contexts() -> impl Strategy<Value = Vec<String>> {
    let context = ("\\PC{1,12}", 0..4_usize, any::<bool>()).prop_map(|(unit, ring, pro)| {
        let rings = ["internal", "beta", "early", "all"];
        let plan = if pro { "pro" } else { "free" };
        json!({"targetingKey": unit, "sessionId": format!("s{unit}"), "ring": rings[ring], "plan": plan, "email": unit})
            .to_string()
    });
    prop::collection::vec(context, 1000)
}

/// Returns the stickiness violation of an edit for one user, if there is one.
fn breach(before: &str, after: &str, grows: bool) -> Option<&'static str> {
    match (before, after) {
        (before, after) if before == after => None,
        ("on", _) if grows => Some("growth removed the variant"),
        (_, "on") if !grows => Some("a rollback added a user"),
        ("on", _) | (_, "on") => None,
        _ => Some("a change between two other variants"),
    }
}

/// The first stickiness violation of an edit, over all contexts.
fn first_breach(
    old: &CompiledFlagFile,
    new: &CompiledFlagFile,
    contexts: &[String],
    grows: bool,
) -> Option<String> {
    contexts.iter().find_map(|context| {
        let (before, after) = (old.variant(context, NOW), new.variant(context, NOW));
        breach(before, after, grows)
            .map(|what| format!("{what}: {context} from {before} to {after}"))
    })
}

fn with_share(members: &Value, thousandths: u32) -> CompiledFlagFile {
    let mut members = members.clone();
    members["rollout"]["percentage"] = json!(f64::from(thousandths) / 1000.0);
    CompiledFlagFile::of(&members)
}

proptest! {
    // 350 edits in both directions with 1000 users, and 350 ramps with 60 users and 8 moments in both directions:
    // more than a million evaluations.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(350) })]

    #[test]
    fn percentage_edits_are_sticky(
        members in around(), a in 0..=100_000_u32, b in 0..=100_000_u32, contexts in contexts(),
    ) {
        let (less, more) = (with_share(&members, a.min(b)), with_share(&members, a.max(b)));
        prop_assert_eq!(first_breach(&less, &more, &contexts, true), None);
        prop_assert_eq!(first_breach(&more, &less, &contexts, false), None);
        prop_assert_eq!(stickiness::ruleset_violations(&less.ruleset, &more.ruleset, NOW), []);
        prop_assert_eq!(stickiness::ruleset_violations(&more.ruleset, &less.ruleset, NOW), []);
    }

    #[test]
    fn ramps_are_monotonic_and_reversible(
        doubling in any::<bool>(), steps in 1..1000_u32, span in 1..1_000_000_i64, target in 1..=100_000_u32,
        moments in prop::collection::vec(-0.2..1.2_f64, 8), contexts in contexts(),
    ) {
        let show = document::rollout::timestamp::format_rfc3339;
        let ramp = |reverse: bool| {
            let mut ramp = json!({"from": show(NOW), "to": show(NOW + span), "reverse": reverse});
            if doubling {
                ramp["shape"] = json!("doubling");
            } else {
                ramp["steps"] = json!(steps);
            }
            CompiledFlagFile::of(&json!({"rollout": {"variant": "on", "percentage": f64::from(target) / 1000.0, "ramp": ramp}}))
        };
        let (up, down) = (ramp(false), ramp(true));
        let mut moments: Vec<i64> = moments.iter().map(|part| NOW + fanion::number::truncate_to_i64(part * span as f64)).collect();
        moments.sort_unstable();
        for context in contexts.iter().take(60) {
            let climbs = moments.iter().map(|now| up.variant(context, *now) == "on");
            prop_assert!(climbs.is_sorted(), "a growing ramp removed {context}");
            let falls = moments.iter().map(|now| down.variant(context, *now) == "off");
            prop_assert!(falls.is_sorted(), "a shrinking ramp added {context}");
            for now in &moments {
                // A reverse ramp mirrors the ramp in time, except in the seconds in which the share changes.
                let mirror = NOW + span - (now - NOW);
                let there = [mirror - 1, mirror].map(|then| up.variant(context, then));
                prop_assert!(there.contains(&down.variant(context, *now)), "the reverse ramp is not the mirror image for {context}");
            }
        }
    }
}

/// The properties above fail for shares that move to another end, change the seed, or move other variants.
#[test]
fn stickiness_properties_detect_broken_edits() {
    let contexts: Vec<String> = (0..2000)
        .map(|i| json!({"targetingKey": format!("user-{i}")}).to_string())
        .collect();
    let from_the_end = |p: u32| split(&[("off", 100 - p), ("on", p)]);
    let reseeded =
        |p: u32| json!({"rollout": {"variant": "on", "percentage": p, "seed": format!("at-{p}")}});
    let in_the_middle = |p: u32| split(&[("off", 50 - p / 2), ("on", p), ("off", 50 - p / 2)]);
    let shifted = |p: u32| split(&[("beta", p), ("on", 10), ("off", 90 - p)]);
    for (broken_one, name) in [
        (&reseeded as &dyn Fn(u32) -> Value, "reseeded"),
        (&shifted, "shifted"),
    ] {
        let (old, new) = (broken_one(10), broken_one(20));
        let (old_state, new_state) = (CompiledFlagFile::of(&old), CompiledFlagFile::of(&new));
        assert!(
            first_breach(&old_state, &new_state, &contexts, true).is_some(),
            "{name}"
        );
        assert!(
            !stickiness_diagnostics(&old, &new).is_empty(),
            "{name} is not reported"
        );
    }
    // Each of these layouts is sticky on its own; an edit from one layout to another is not.
    for (old, new) in [
        (from_the_end(10), in_the_middle(20)),
        (split(&[("on", 10), ("off", 90)]), from_the_end(20)),
    ] {
        let (old_state, new_state) = (CompiledFlagFile::of(&old), CompiledFlagFile::of(&new));
        assert!(first_breach(&old_state, &new_state, &contexts, true).is_some());
        assert_eq!(codes(&old, &new), ["F024"], "{old} {new}");
    }
}

/// After a rollback, growth selects the same users in the same order.
#[test]
fn rollback_and_regrowth_select_the_same_users() {
    let (first, again) = (
        CompiledFlagFile::of(&share(7.0)),
        CompiledFlagFile::of(&share(7.0)),
    );
    let none = CompiledFlagFile::of(&share(0.0));
    for i in 0..3000 {
        let unit = format!("user-{i}");
        assert_eq!(
            first.variant_for_user(&unit, NOW),
            again.variant_for_user(&unit, NOW)
        );
        assert_eq!(none.variant_for_user(&unit, NOW), "off");
    }
}

/// The variant of a boolean flag for a user, from a replica.
async fn replica_variant(replica: &Server, user: &str) -> Value {
    let body = json!({"flagKey": KEY, "context": {"targetingKey": user}}).to_string();
    let path = "/flagd.evaluation.v1.Service/ResolveBoolean";
    let response = http_client::call(replica, path, &body).await;
    response.json()["variant"].clone()
}

#[tokio::test]
async fn cohort_is_equal_on_every_call_and_replica() {
    let rollout = json!({"variant": "on", "percentage": 50});
    let flag = json!({"variants": {"on": true, "off": false}, "defaultVariant": "off", "rollout": rollout});
    let text = json!({"flags": {KEY: flag}}).to_string();
    let (first, _dir) = server::serve_text("flags.json", &text).await;
    let (second, _other_dir) = server::serve_text("flags.json", &text).await;
    let mut taken = 0;
    for i in 0..60 {
        let user = format!("user-{i}");
        let variant = replica_variant(&first, &user).await;
        assert_eq!(variant, replica_variant(&second, &user).await, "{user}");
        taken += usize::from(variant == "on");
    }
    assert!((1..60).contains(&taken), "{taken} of 60");
    let compiled = CompiledFlagFile::of(&share(50.0));
    let variant = compiled.variant_for_user("user-1", NOW);
    for _ in 0..10_000 {
        assert_eq!(compiled.variant_for_user("user-1", NOW), variant);
    }
}
