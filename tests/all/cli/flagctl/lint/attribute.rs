//! Lint rules on context attributes: misspelled, unlisted and missing ones.

use crate::support::lint::assert_findings;
use crate::support::lint::findings;
use crate::support::lint::findings_of_rule;
use crate::support::lint::lint_policy;

#[test]
fn misspelled_attribute_is_reported() {
    let rule = |name: &str| {
        format!(
            r#"{{ variants: {{ a: 1, b: 2 }}, defaultVariant: a, targeting: {{ if: [{{ "==": [{{ var: {name} }}, x] }}, b] }} }}"#
        )
    };
    let all = |names: &[&str]| {
        let flags = names
            .iter()
            .enumerate()
            .map(|(at, name)| format!("  f{at}: {}\n", rule(name)));
        findings(
            &format!("flags:\n{}", flags.collect::<String>()),
            &lint_policy("{}"),
        )
    };
    for (odd, usual) in [
        ("contry", "country"),
        ("user_id", "userId"),
        ("e-mail", "email"),
        ("TargetingKey", "targetingKey"),
        ("user.plann", "user.plan"),
    ] {
        let found = all(&[usual, usual, odd]);
        assert_eq!(found.len(), 1, "{found:?}");
        let reason = match usual {
            "targetingKey" => "the targeting key is called",
            _ => "more flags read",
        };
        let want = format!("reads attribute `{odd}`, which may be misspelt: {reason} `{usual}`");
        assert!(found[0].ends_with(&want), "{found:?}");
    }
    for (one, other) in [
        ("ring", "king"),
        ("line1", "line2"),
        ("tenant", "talent"),
        ("device.kind", "device.id"),
        ("a", "b"),
    ] {
        assert_eq!(all(&[one, one, other]), [""; 0], "{one} {other}");
    }
}

#[test]
fn attribute_outside_the_configured_list_is_reported() {
    let text = "flags:\n  f:\n    variants: { a: 1 }\n    defaultVariant: a\n    \
                targeting: { if: [{ var: user.plan }, a, { var: cuontry }, a, { var: targetingKey }, a, a] }\n";
    let found = findings(text, &lint_policy("attributes: [user, country]"));
    assert!(found[0].contains("F107"), "{found:?}");
    assert_eq!(
        found[1..],
        [
            "5:53 F102 flag `f` reads attribute `cuontry`, which is not listed in `attributes` of the configuration"
        ]
    );
}

#[test]
fn condition_met_by_a_missing_attribute_is_reported() {
    for (condition, attribute) in [
        (r#"{ "<": [{ var: age }, 18] }"#, "age"),
        (r#"{ "!=": [{ var: country }, BR] }"#, "country"),
        (r#"{ "!": [{ in: [{ var: country }, [BR]] }] }"#, "country"),
        (r#"{ "!": { in: [{ var: country }, [BR]] } }"#, "country"),
        (
            r#"{ or: [{ "==": [{ var: plan }, pro] }, { "<=": [{ var: seats }, 5] }] }"#,
            "seats",
        ),
        (
            r#"{ and: [{ "==": [{ var: plan }, pro] }, { "!==": [{ var: seats }, 5] }] }"#,
            "seats",
        ),
    ] {
        let found = findings_of_rule(&format!(r#"{{ if: [{condition}, "on"] }}"#));
        assert_eq!(found.len(), 1, "{condition}: {found:?}");
        let want =
            format!("F103 a condition of flag `f` also holds for contexts without `{attribute}`");
        assert!(found[0].ends_with(&want), "{found:?}");
    }
    for condition in [
        r#"{ ">=": [{ var: age }, 18] }"#,
        r#"{ "==": [{ var: country }, null] }"#,
        r#"{ "!": [{ var: country }] }"#,
        r#"{ and: [{ var: age }, { "<": [{ var: age }, 18] }] }"#,
        r#"{ and: [{ "!!": [{ var: age }] }, { or: [{ "<": [{ var: age }, 18] }, { ">": [{ var: age }, 60] }] }] }"#,
        r#"{ "<": [{ var: [age, 99] }, 18] }"#,
        r#"{ "<": [{ var: $flagd.timestamp }, 1800000000] }"#,
        r#"{ sem_ver: [{ var: version }, "!=", 2.3.4] }"#,
    ] {
        assert_findings(&format!(r#"{{ if: [{condition}, "on"] }}"#), &[]);
    }
}
