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
    assert_findings(
        default,
        &["5:16 F107 rule of flag `f` always returns `off`"],
    );
}

#[test]
fn finished_rollout_is_reported_unless_killed() {
    let text = |words: &str| {
        format!(
            "flags:\n  f:\n    variants: {{ \"on\": 1, \"off\": 0 }}\n    defaultVariant: \"off\"\n    {words}\n"
        )
    };
    for (words, want) in [
        ("rollout: { variant: \"on\", percentage: 100 }", "on"),
        ("rollout: { variant: \"on\", percentage: 0 }", "off"),
    ] {
        let want = format!("5:14 F107 rule of flag `f` always returns `{want}`");
        assert_eq!(findings(&text(words), &lint_policy("{}")), [want]);
    }
    for words in [
        "rollout: { variant: \"on\", percentage: 100 }\n    kill: true",
        "targeting: { fractional: [[\"on\", 100], [\"off\", 0]] }\n    kill: true",
        "rollout: { variant: \"on\", percentage: 0, rings: [beta] }",
        "rollout: { variant: \"on\", percentage: 100, deny: [a] }",
        "rollout: { variant: \"on\", ramp: { from: 2026-06-01, to: 2026-06-09 } }",
    ] {
        assert_eq!(
            findings(&text(words), &lint_policy("{}")),
            [""; 0],
            "{words}"
        );
    }
}
