//! Lint rules on targeting that is constant and rollouts that are finished.

use crate::support::lint::assert_findings;
use crate::support::lint::findings;
use crate::support::lint::lint_policy;

#[test]
fn constant_rule_is_reported() {
    let over = "5:16 F107 rule of flag `f` always returns `on`";
    assert_findings(
        r#"{ if: [{ in: [{ var: ring }, [beta]] }, "on", "on"] }"#,
        &[over],
    );
    let never = "5:16 F107 rule of flag `f` always returns `off`";
    assert_findings(
        r#"{ if: [{ in: [{ var: ring }, [beta]] }, { fractional: [["on", 0], ["off", 100]] }] }"#,
        &[never],
    );
    assert_findings(
        r#"{ if: [{ in: [{ var: ring }, [beta]] }, "on", { fractional: [["on", 0], ["off", 100]] }] }"#,
        &[],
    );
}

#[test]
fn full_share_names_the_default_of_contexts_without_a_key() {
    let with = |key: &str| {
        format!(
            "5:16 F107 rule of flag `f` returns `on` for every context with {key}, and the default `off` only to contexts \
             without it"
        )
    };
    for rule in [
        r#"{ fractional: [["on", 100], ["off", 0]] }"#,
        r#"{ fractional: [["on"]] }"#,
        r#"{ fractional: [null, ["on", 1]] }"#,
        r#"{ if: [{ in: [{ var: ring }, [beta]] }, "on", { fractional: [["on", 1], ["off", 0]] }] }"#,
    ] {
        assert_findings(rule, &[&with("`targetingKey`")]);
    }
    let own = r#"{ fractional: [{ var: tenant }, ["on", 100], ["off", 0]] }"#;
    assert_findings(own, &[&with("a bucketing key")]);
    // `cat` of several values is a key for every context.
    let joined = r#"{ if: [{ var: t }, { fractional: [{ cat: [a, { var: t }] }, ["on", 1], ["off", 0]] }, "on"] }"#;
    assert_findings(joined, &["5:16 F107 rule of flag `f` always returns `on`"]);
    let default = r#"{ fractional: [["on", 0], ["off", 100]] }"#;
    // A share of 0 % is raised later.
    assert_findings(default, &[]);
    let same = r#"{ fractional: [["off", 50], ["off", 50]] }"#;
    assert_findings(same, &["5:16 F107 rule of flag `f` always returns `off`"]);
}

#[test]
fn only_share_takes_all_units_whatever_its_weight() {
    for rule in [
        r#"{ fractional: [["on", 10]] }"#,
        r#"{ fractional: [["on", 10], ["off", 0]] }"#,
        r#"{ fractional: [{ var: tenant }, ["on", 99]] }"#,
    ] {
        let found = findings(&flag_with(rule), &lint_policy("{}"));
        let want = "F107 `fractional` of flag `f` gives `on` to every context with a bucketing key";
        assert!(
            found.len() == 1 && found[0].contains(want),
            "{rule}: {found:?}"
        );
    }
    assert_findings(r#"{ fractional: [["on", 10], ["off", 90]] }"#, &[]);
}

fn flag_with(rule: &str) -> String {
    format!(
        "flags:\n  f:\n    variants: {{ \"on\": 1, \"off\": 0 }}\n    defaultVariant: \"off\"\n    targeting: {rule}\n"
    )
}

#[test]
fn finished_rollout_is_reported_unless_killed() {
    let text = |words: &str| {
        format!(
            "flags:\n  f:\n    variants: {{ \"on\": 1, \"off\": 0 }}\n    defaultVariant: \"off\"\n    {words}\n"
        )
    };
    let finished = findings(
        &text("rollout: { variant: \"on\", percentage: 100 }"),
        &lint_policy("{}"),
    );
    assert_eq!(finished, ["5:14 F107 rule of flag `f` always returns `on`"]);
    let released = "rollout: { variant: \"off\", percentage: 10 }";
    let found = findings(&text(released), &lint_policy("{}"));
    let want = "5:14 F107 the rollout of flag `f` releases `off`, which is `defaultVariant`";
    assert!(found.len() == 1 && found[0].starts_with(want), "{found:?}");
    for words in [
        "rollout: { variant: \"on\", percentage: 0 }",
        "rollout: { variant: \"on\", percentage: 100 }\n    kill: true",
        "targeting: { fractional: [[\"on\", 100], [\"off\", 0]] }\n    kill: true",
        "rollout: { variant: \"on\", percentage: 0, rings: [beta] }",
        "rollout: { variant: \"on\", percentage: 100, deny: [a] }",
        "rollout: { variant: \"on\", ramp: { from: 2026-06-01, to: 2026-06-09 } }",
    ] {
        assert_eq!(
            findings(&text(words), &lint_policy("rules: { F125: off }")),
            [""; 0],
            "{words}"
        );
    }
}
