//! Diagnostics of edits that take the variant from users.

use fanion::diag::Diagnostic;
use serde_json::Value;
use serde_json::json;

use crate::rollout::stickiness::CompiledFlagFile;
use crate::rollout::stickiness::NOW;
use crate::rollout::stickiness::share;
use crate::rollout::stickiness::split;
use crate::rollout::stickiness::stickiness_diagnostics;
use crate::support::program::daemon::Daemon;
use crate::support::temp_dir::TempDir;

/// Returns the user that a diagnostic names as counterexample.
fn named(found: &Diagnostic) -> &str {
    let words = found.message.split('`').skip(1).step_by(2);
    words
        .into_iter()
        .find(|word| word.starts_with("user-"))
        .expect("an affected user")
}

#[test]
fn reported_user_changes_variant() {
    for (old, new, code) in [
        (
            split(&[("on", 5), ("off", 95)]),
            split(&[("off", 90), ("on", 10)]),
            "F024",
        ),
        (
            split(&[("on", 500_000), ("off", 500_001)]),
            split(&[("off", 1), ("on", 500_001), ("off", 499_999)]),
            "F024",
        ),
        (
            split(&[("on", 20), ("off", 80)]),
            split(&[("off", 90), ("on", 10)]),
            "F025",
        ),
        (
            split(&[("on", 20), ("beta", 30), ("off", 50)]),
            split(&[("on", 30), ("beta", 30), ("off", 40)]),
            "F026",
        ),
        (
            share(5.0),
            json!({"rollout": {"variant": "beta", "percentage": 5}}),
            "F026",
        ),
        (
            share(5.0),
            json!({"rollout": {"variant": "on", "percentage": 5, "seed": "other"}}),
            "F027",
        ),
        (
            share(5.0),
            json!({"rollout": {"variant": "on", "percentage": 6, "dialect": "md5-8hex-100"}}),
            "F027",
        ),
        (
            json!({"rollout": {"variant": "on", "percentage": 40, "ramp": {"from": "2020-01-01", "to": "2020-01-02"}}}),
            json!({"rollout": {"variant": "on", "ramp": {"from": "2026-06-01", "to": "2026-06-09"}}}),
            "F024",
        ),
        (
            share(40.0),
            json!({"rollout": {"variant": "on", "ramp": {"from": "2026-06-01", "to": "2026-06-09", "reverse": true}}}),
            "F025",
        ),
    ] {
        let found = stickiness_diagnostics(&old, &new);
        let hit = found.iter().find(|d| d.code.id() == code);
        let hit = hit.unwrap_or_else(|| panic!("no {code} in {found:#?} for {old} and {new}"));
        let unit = named(hit);
        let (before, after) = (CompiledFlagFile::of(&old), CompiledFlagFile::of(&new));
        assert_ne!(
            before.variant_for_user(unit, NOW),
            after.variant_for_user(unit, NOW),
            "{hit}"
        );
    }
}

#[test]
fn sticky_edits_are_not_reported() {
    let plain = split(&[("on", 5), ("off", 95)]);
    let ringed = |shares: &Value| json!({"targeting": {"if": [{"in": [{"var": "ring"}, ["a"]]}, "on", shares["targeting"]]}});
    for (old, new) in [
        (share(5.0), share(50.0)),
        (share(50.0), share(0.0)),
        (share(100.0), share(7.5)),
        (plain.clone(), split(&[("on", 60), ("off", 40)])),
        // From a rule to rollout fields, and from hundredths to thousandths.
        (plain.clone(), share(7.0)),
        (plain.clone(), split(&[("on", 50), ("off", 950)])),
        (ringed(&plain), ringed(&split(&[("on", 50), ("off", 50)]))),
        // A variant that no user has may get another seed.
        (
            share(0.0),
            json!({"rollout": {"variant": "on", "percentage": 5, "seed": "other"}}),
        ),
        (
            share(100.0),
            json!({"kill": true, "rollout": {"variant": "on", "percentage": 100}}),
        ),
        (
            json!({"rollout": {"split": {"on": 1, "beta": 1}, "percentage": 10}}),
            json!({"rollout": {"split": {"on": 1, "beta": 1}, "percentage": 90}}),
        ),
        (
            json!({"rollout": {"variant": "on", "regions": [{"region": "eu", "percentage": 10}]}}),
            json!({"rollout": {"variant": "on", "regions": [{"region": "eu", "percentage": 30}, {"region": "us", "percentage": 5}]}}),
        ),
        (
            json!({"rollout": {"variant": "on", "percentage": 40}}),
            json!({"rollout": {"variant": "on", "percentage": 40, "ramp": {"from": "2026-06-01", "to": "2026-06-09", "reverse": true}}}),
        ),
    ] {
        assert_eq!(stickiness_diagnostics(&old, &new), [], "{old} to {new}");
    }
}

/// The violation is logged at the reload, and the edit becomes active.
#[test]
fn stickiness_violation_is_logged_at_reload() {
    let directory = TempDir::new();
    let write = |shares: &str| {
        let text = format!(
            "flags:\n  f:\n    variants: {{ \"on\": 1, \"off\": 0 }}\n    defaultVariant: \"off\"\n    targeting: {{ fractional: {shares} }}\n"
        );
        let staged = directory.path().join("staged");
        std::fs::write(&staged, text).expect("a file");
        std::fs::rename(staged, directory.path().join("flags.yaml")).expect("renamed");
    };
    write("[[\"on\", 5], [\"off\", 95]]");
    let daemon = Daemon::start(directory.path(), &["--uri", "file:flags.yaml"]);
    daemon.wait_for_reload();
    write("[[\"off\", 90], [\"on\", 10]]");
    let told = daemon.wait_for_log(|line| line["code"] == "F024");
    let place = (&told["file"], &told["line"], &told["column"]);
    assert_eq!(place, (&"flags.yaml".into(), &2.into(), &3.into()));
    let message = told["message"].as_str().expect("a message");
    assert!(message.starts_with("`fractional` of flag `f`"), "{message}");
    assert!(
        message.contains("from 5 % to 10 % and takes it from `user-2`"),
        "{message}"
    );
    daemon.wait_for_reload();
}
