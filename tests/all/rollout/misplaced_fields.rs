//! Rollout fields in the wrong object: they are reported, and applied as if they stood in the right one.

use fanion::diag::Severity;
use fanion::document::DocumentFormat;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::evaluate::rollout::rollout_document;
use crate::support::evaluate::rollout::user;
use crate::support::evaluate::rollout::variant;

/// Asserts the only error, and that the flag behaves as one with the members `right`.
fn assert_applied(wrong: &Value, right: &Value, want: &str) {
    let load = |members: &Value| {
        evaluate::load(&rollout_document(members).to_string(), DocumentFormat::Json)
    };
    let (ruleset, found) = load(wrong);
    let errors: Vec<_> = found
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .collect();
    assert_eq!(errors.len(), 1, "{wrong}: {found:#?}");
    assert!(errors[0].to_string().contains(want), "{wrong}: {found:#?}");
    let (other, _) = load(right);
    for key in ["u", "v", "w", "user-1", "user-2", "user-3"] {
        let context = user(key);
        assert_eq!(
            variant(&ruleset, &context),
            variant(&other, &context),
            "{wrong} for {key}"
        );
    }
}

#[test]
fn kill_switch_inside_another_field_kills_the_flag() {
    let on = json!({"variant": "on", "percentage": 100});
    let killed = json!({"kill": true, "rollout": on});
    for wrong in [
        json!({"rollout": {"variant": "on", "percentage": 100, "kill": true}}),
        json!({"rollout": [{"variant": "on", "percentage": 100, "kill": true}]}),
        json!({"rollout": {"variant": "on", "percentage": 100, "Kill": true}}),
        json!({"kill": false, "rollout": {"variant": "on", "percentage": 100, "kill": true}}),
        json!({"rollout": on, "lifecycle": {"owner": "a", "kill": true}}),
        json!({"rollout": {"variant": "on", "ramp": {"from": "2020-01-01", "to": "2020-01-02", "kill": true}}}),
    ] {
        assert_applied(&wrong, &killed, "but belongs beside `rollout`");
    }
    let wrong = json!({"rollout": {"variant": "on", "percentage": 100, "kill": true}});
    let want = "F016: `kill` of flag `f` is written in `rollout`, but belongs beside `rollout` \
                (help: write it beside `rollout`; it is applied as if it stood there)";
    assert_applied(&wrong, &killed, want);
}

#[test]
fn misplaced_fields_are_applied_where_they_belong() {
    for (wrong, right, want) in [
        (
            json!({"rollout": {"variant": "on", "percentage": 50, "safeVariant": "beta", "deny": ["u"]}}),
            json!({"safeVariant": "beta", "rollout": {"variant": "on", "percentage": 50, "deny": ["u"]}}),
            "`safeVariant` of flag `f` is written in `rollout`",
        ),
        (
            json!({"rollout": {"variant": "on", "percentage": 50, "lifecycle": {"owner": "a"}}}),
            json!({"rollout": {"variant": "on", "percentage": 50}}),
            "`lifecycle` of flag `f` is written in `rollout`",
        ),
        (
            json!({"rollout": {"variant": "on", "percentage": 50, "state": "DISABLED"}}),
            json!({"state": "ENABLED", "rollout": {"variant": "on", "percentage": 50}}),
            "`state` of flag `f` is written in `rollout`, but belongs beside `rollout` (help: remove it: there is another one beside `rollout`)",
        ),
        (
            json!({"percentage": 50, "rollout": {"variant": "on"}}),
            json!({"rollout": {"variant": "on", "percentage": 50}}),
            "`percentage` of flag `f` is written beside `rollout`, but belongs in `rollout`",
        ),
        (
            json!({"allow": ["u"], "rollout": {"variant": "on", "percentage": 0}}),
            json!({"rollout": {"variant": "on", "percentage": 0, "allow": ["u"]}}),
            "`allow` of flag `f` is written beside `rollout`",
        ),
        (
            json!({"rollout": {"variant": "on", "ramp": {"from": "2020-01-01", "to": "2020-01-02", "percentage": 50}}}),
            json!({"rollout": {"variant": "on", "percentage": 50}}),
            "`percentage` of flag `f` is written in `ramp`, but belongs in `rollout`",
        ),
        (
            json!({"rollout": {"variant": "on", "percentage": 50, "steps": 5, "ramp": {"from": "2020-01-01", "to": "2020-01-02"}}}),
            json!({"rollout": {"variant": "on", "percentage": 50}}),
            "`steps` of flag `f` is written in `rollout`, but belongs in `rollout.ramp`",
        ),
    ] {
        assert_applied(&wrong, &right, want);
    }
}

#[test]
fn plain_flags_keep_flagds_meaning_of_unknown_members() {
    // Without `rollout`, flagd's evaluation counts: it ignores the field.
    let wrong = json!({"percentage": 50, "targeting": {"if": [true, "on"]}});
    let want =
        "F008: unknown member `percentage` of flag `f`, ignored (help: it is a field of a rollout";
    assert_applied(&wrong, &json!({"targeting": {"if": [true, "on"]}}), want);
}

#[test]
fn rollouts_that_select_nobody_are_reported() {
    for (members, severity, want) in [
        (
            json!({"rollout": {"split": {"on": 1, "off": 1}}}),
            Severity::Error,
            "F023: `rollout` of flag `f` matches no context (help: add `percentage`",
        ),
        (
            json!({"rollout": {"variant": "on"}}),
            Severity::Error,
            "matches no context",
        ),
        (
            json!({"rollout": {"variant": "on", "deny": ["u"]}}),
            Severity::Error,
            "matches no context",
        ),
        (
            json!({"rollout": {"variant": "on", "when": {"var": "a"}}}),
            Severity::Error,
            "`when` only restricts eligibility",
        ),
        (
            json!({"rollout": []}),
            Severity::Warning,
            "F023: `rollout` of flag `f` is empty (help: remove it, or add a release",
        ),
        (
            json!({"requires": [], "rollout": {"variant": "on", "percentage": 5}}),
            Severity::Warning,
            "F023: `requires` of flag `f` is empty (help: remove it, or add a prerequisite",
        ),
    ] {
        let (_, found) = evaluate::load(
            &rollout_document(&members).to_string(),
            DocumentFormat::Json,
        );
        let fits =
            |d: &fanion::diag::Diagnostic| d.severity == severity && d.to_string().contains(want);
        assert!(found.iter().any(fits), "{members}: {found:#?}");
    }
    for members in [
        json!({"rollout": {"variant": "on", "percentage": 0}}),
        json!({"rollout": {"split": {"on": 1, "off": 1}, "percentage": 100}}),
        json!({"rollout": {"variant": "on", "allow": ["u"]}}),
    ] {
        let (_, found) = evaluate::load(
            &rollout_document(&members).to_string(),
            DocumentFormat::Json,
        );
        assert_eq!(found, [], "{members}");
    }
}
