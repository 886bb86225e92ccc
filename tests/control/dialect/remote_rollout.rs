//! The format `remote-rollout`.

use fanion::control::dialect::remote_rollout::RemoteRollout;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::dialect::arbitrary::any_context;
use crate::dialect::arbitrary::percentage;
use crate::dialect::engine;
use crate::dialect::engine::assert_faults;
use crate::dialect::engine::context;

const KEY: &str = "checkout-remote-rollout";

pub fn document() -> Value {
    json!({
        "key": KEY,
        "enabled": true,
        "rolloutPercentage": 10,
        "segments": ["internal-staff"],
        "versions": {
            "stable": {"version": "1.4.0", "remoteEntry": "https://cdn.example.com/remotes/checkout/1.4.0/remoteEntry.js"},
            "canary": {"version": "2.0.0", "remoteEntry": "https://cdn.example.com/remotes/checkout/2.0.0/remoteEntry.js"},
        },
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut document = document();
    *document.pointer_mut(pointer).expect("a member") = value;
    document
}

fn parse(document: &Value) -> RemoteRollout {
    RemoteRollout::parse(document, &[]).expect("a valid document")
}

#[test]
fn s000_02_flag_has_object_variants_stable_and_canary() {
    let definition = parse(&document()).to_definition();
    for name in ["stable", "canary"] {
        assert_eq!(definition["variants"][name], document()["versions"][name]);
    }
    let snapshot = engine::snapshot(KEY, &definition, false);
    let staff = context(json!({"segments": ["internal-staff"]}));
    let answer = engine::answer(&snapshot, KEY, &staff);
    assert_eq!(answer["value"]["version"], "2.0.0");
}

#[test]
fn s000_03_each_fault_has_a_json_pointer() {
    let check = |document: Value, origins: &[&str], want: &[&str]| {
        let origins: Vec<String> = origins.iter().map(ToString::to_string).collect();
        assert_faults(RemoteRollout::parse(&document, &origins), want);
    };
    for bad in [json!(101), json!(-1), json!("10"), json!(0.0001)] {
        check(
            with("/rolloutPercentage", bad),
            &[],
            &["/rolloutPercentage"],
        );
    }
    let versions = document()["versions"].clone();
    let canary = json!({"canary": versions["canary"]});
    check(with("/versions", canary), &[], &["/versions/stable"]);
    let entry = "/versions/canary/remoteEntry";
    for bad in [
        "http://cdn.example.com/a.js",
        "https://u@cdn.example.com/a.js",
        "a.js",
    ] {
        check(with(entry, json!(bad)), &[], &[entry]);
    }
    let elsewhere = with(entry, json!("https://evil.example/a.js"));
    check(elsewhere, &["https://cdn.example.com"], &[entry]);
    check(
        with(entry, versions["stable"]["remoteEntry"].clone()),
        &[],
        &[entry],
    );
    let mut several = with("/segments", json!(["a", 1]));
    several["enable"] = json!(true);
    several["enabled"] = Value::Null;
    check(several, &[], &["/enable", "/enabled", "/segments/1"]);
}

#[test]
fn s000_07_disabled_flag_is_stable_for_segments_too() {
    let flag = parse(&with("/enabled", json!(false)));
    let staff = context(json!({"segments": ["internal-staff"], "sessionId": "session-42"}));
    assert_eq!(flag.resolve(&staff), "stable");
    let snapshot = engine::snapshot(KEY, &flag.to_definition(), true);
    assert_eq!(engine::variant(&snapshot, KEY, &staff), "stable");
}

#[test]
fn s000_08_segment_gets_the_canary_at_zero_percent() {
    let flag = parse(&with("/rolloutPercentage", json!(0)));
    let staff = context(json!({"segments": ["x", "internal-staff"]}));
    assert_eq!(flag.resolve(&staff), "canary");
    let nobody = context(json!({"segments": ["x"], "sessionId": "session-42"}));
    assert_eq!(flag.resolve(&nobody), "stable");
}

#[test]
fn s000_09_bucket_of_the_session_decides() {
    // The bucket of `session-42` is 28.
    for (percentage, want) in [
        (0, "stable"),
        (28, "stable"),
        (29, "canary"),
        (100, "canary"),
    ] {
        let flag = parse(&with("/rolloutPercentage", json!(percentage)));
        let session = context(json!({"sessionId": "session-42"}));
        assert_eq!(flag.resolve(&session), want, "{percentage}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn sidecar_decides_as_the_document(
        percentage in percentage(),
        enabled in prop::bool::weighted(0.9),
        contexts in prop::collection::vec(any_context(), 25),
    ) {
        let mut document = document();
        document["rolloutPercentage"] = json!(percentage);
        document["enabled"] = json!(enabled);
        document["segments"] = json!(["staff", "beta"]);
        let flag = parse(&document);
        let snapshot = engine::snapshot(KEY, &flag.to_definition(), !enabled);
        for context in &contexts {
            let sidecar = engine::variant(&snapshot, KEY, context);
            prop_assert_eq!(flag.resolve(context), sidecar, "{} {:?}", document, context);
        }
    }
}
