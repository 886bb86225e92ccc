//! Lint rule on unreachable branches, with the reason.

use fanion::limits;

use crate::support::lint::API;
use crate::support::lint::BUTTON;
use crate::support::lint::findings_with_codes;

const HEAD: &str = "variants: { \"on\": 1, \"off\": 0, beta: 2 }\n    defaultVariant: \"off\"";

fn rule(rule: &str) -> String {
    format!("flags:\n  f:\n    {HEAD}\n    targeting: {rule}\n")
}

/// Asserts that the branch after `§` is the only unreachable one, with this name and proof.
fn assert_unreachable(text: &str, name: &str, proof: &str) {
    let before = text.split('§').next().expect("a beginning");
    let column = "    targeting: ".len() + before.chars().count() + 1;
    let want = format!(
        "f.yaml:5:{column} F101 `{name}` is unreachable in the rule of flag `f`: requires {proof}"
    );
    let text = rule(&text.replace('§', ""));
    assert_eq!(
        findings_with_codes(&[("f.yaml", &text)], &["F101"]),
        [want],
        "{text}"
    );
}

fn assert_no_unreachable_branch(text: &str) {
    assert_eq!(
        findings_with_codes(&[("f.yaml", &rule(text))], &["F101"]),
        [""; 0],
        "{text}"
    );
}

#[test]
fn unreachable_branch_is_reported_with_conflicting_conditions() {
    assert_unreachable(
        r#"{ if: [{ in: [{ var: country }, [DE, AT]] }, "on", { "==": [{ var: country }, DE] }, §beta, "off"] }"#,
        "beta",
        r#"`country in ["DE", "AT"]` to fail and `country == "DE"` to hold at once"#,
    );
    assert_unreachable(
        r#"{ if: [{ sem_ver: [{ var: v }, ">=", 2.0.0] }, "on", { sem_ver: [{ var: v }, ">=", 3.0.0] }, §beta] }"#,
        "beta",
        r#"`v >= version "2.0.0"` to fail and `v >= version "3.0.0"` to hold at once"#,
    );
    assert_unreachable(r#"{ if: [true, "on", §"off"] }"#, "off", "`true` to fail");
    // Both splits use the same hash, so the second one only sees the upper half of the buckets.
    assert_unreachable(
        r#"{ if: [{ "==": [{ fractional: [[a, 50], [b, 50]] }, a] }, "on", { fractional: [§[beta, 40], ["off", 60]] }] }"#,
        "beta",
        r#"`fractional[["a", 50], ["b", 50]] == "a"` to fail and `bucket in ["beta", 40]` to hold at once"#,
    );
}

#[test]
fn only_the_outermost_unreachable_branch_is_reported() {
    assert_unreachable(
        r#"{ if: [{ "<": [{ var: age }, 18] }, "off", { if: [{ "<": [{ var: age }, 12] }, §{ if: [{ var: x }, "on", beta] }, "on"] }] }"#,
        r#"if[x, "on", "beta"]"#,
        "`age < 18` to fail and `age < 12` to hold at once",
    );
}

#[test]
fn reachable_unknown_and_invalid_branches_are_not_reported() {
    assert_no_unreachable_branch(
        r#"{ if: [{ "==": [{ var: c }, DE] }, "on", { in: [{ var: c }, [DE, AT]] }, beta, "off"] }"#,
    );
    // A context without the attribute meets neither condition.
    assert_no_unreachable_branch(
        r#"{ if: [{ ">=": [{ var: age }, 18] }, "on", { "<": [{ var: age }, 18] }, "off", beta] }"#,
    );
    assert_no_unreachable_branch(r#"{ fractional: [["on", 0], ["off", 100]] }"#);
    assert_no_unreachable_branch(r#"{ if: [true, "on"] }"#);
    // The analysis does not interpret arithmetic and comparisons of two attributes, but the same comparison always
    // has the same value.
    assert_no_unreachable_branch(
        r#"{ if: [{ "==": [{ "%": [{ var: n }, 2] }, 7] }, "on", "off"] }"#,
    );
    assert_no_unreachable_branch(
        r#"{ if: [{ "<": [{ var: a }, { var: b }] }, "on", { "<": [{ var: b }, { var: a }] }, beta] }"#,
    );
    assert_unreachable(
        r#"{ if: [{ "<": [{ var: a }, { var: b }] }, "on", { "<": [{ var: a }, { var: b }] }, §beta] }"#,
        "beta",
        "`a < b` to fail and `a < b` to hold at once",
    );
    // Invalid rules are reported by other codes.
    assert_no_unreachable_branch(r#"{ if: [{ starts_wiht: [{ var: a }, b] }, "on", "off"] }"#);
    assert_no_unreachable_branch(r#"{ if: [{ $ref: nowhere }, "on", "off"] }"#);
}

#[test]
fn shared_branch_reached_by_one_flag_is_not_reported() {
    let text = |condition: &str| {
        format!(
            "$evaluators:\n  share: {{ if: [{{ \"==\": [{{ var: c }}, DE] }}, \"on\", beta] }}\nflags:\n  \
             f:\n    {HEAD}\n    targeting: {{ if: [{{ \"==\": [{{ var: c }}, DE] }}, \"off\", {{ $ref: share }}] }}\n  \
             g:\n    {HEAD}\n    targeting: {{ if: [{condition}, \"off\", {{ $ref: share }}] }}\n"
        )
    };
    let other = text("{ \"==\": [{ var: c }, AT] }");
    assert_eq!(
        findings_with_codes(&[("f.yaml", &other)], &["F101"]),
        [""; 0]
    );
    let same = text("{ in: [{ var: c }, [DE, FR]] }");
    let found = findings_with_codes(&[("f.yaml", &same)], &["F101"]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found
            .iter()
            .all(|line| line.starts_with("f.yaml:2:45 F101 ")),
        "{found:?}"
    );
}

#[test]
fn rollout_fields_are_checked_after_expansion() {
    let text = |rollout: &str| format!("flags:\n  f:\n    {HEAD}\n    rollout: {rollout}\n");
    let found = |rollout: &str| findings_with_codes(&[("f.yaml", &text(rollout))], &["F101"]);
    let want = "f.yaml:5:14 F101 `on` is unreachable in the rule of flag `f`: requires \
                `targetingKey in [\"a\", \"b\"]` to fail and `targetingKey in [\"a\"]` to hold at once";
    assert_eq!(
        found("{ variant: \"on\", percentage: 5, allow: [a], deny: [a, b] }"),
        [want]
    );
    for rollout in [
        "{ variant: \"on\", percentage: 5, allow: [c], deny: [a, b], rings: [beta], regions: [{ region: eu, percentage: 3 }] }",
        "{ variant: \"on\", percentage: 0 }",
        "{ variant: \"on\", percentage: 100, when: { \"==\": [{ var: c }, DE] } }",
        "{ split: { \"on\": 1, beta: 3 }, percentage: 7, bucketBy: session }",
        "{ variant: \"on\", ramp: { from: 2026-06-01, to: 2026-06-09, shape: doubling } }",
    ] {
        assert_eq!(found(rollout), [""; 0], "{rollout}");
    }
}

#[test]
fn number_of_explained_unreachable_branches_is_bounded() {
    let clauses: String = (0..10)
        .map(|n| format!("{{ \"==\": [{{ var: c }}, DE] }}, v{n}, "))
        .collect();
    let variants: String = (0..10).map(|n| format!("v{n}: {n}, ")).collect();
    let text = format!(
        "flags:\n  f:\n    variants: {{ {variants} }}\n    defaultVariant: v0\n    targeting: {{ if: [{clauses} v0] }}\n"
    );
    let found = findings_with_codes(&[("f.yaml", &text)], &["F101"]);
    assert_eq!(found.len(), 9, "{found:?}");
    let proved = found.iter().filter(|line| line.contains(": requires "));
    assert_eq!(proved.count(), limits::LINT_BRANCH_DIAGNOSTICS);
}

/// A rule beyond the budget is skipped, so that the analysis ends.
#[test]
fn rule_with_thousands_of_branches_is_not_analysed() {
    let clauses: String = (0..5000)
        .map(|n| format!("{{ \"==\": [{{ var: c }}, c{n}] }}, \"on\", "))
        .collect();
    assert_no_unreachable_branch(&format!("{{ if: [{clauses} \"off\"] }}"));
}

#[test]
fn last_definition_of_a_prerequisite_decides_reachability() {
    // `button` requires `api`: its rollout is unreachable only if the last definition of `api` never serves `on`.
    let off = API.replace("{ \"==\": [{ var: c }, DE] }", "false");
    let shadowed = [
        ("a.yaml", off.as_str()),
        ("b.yaml", API),
        ("c.yaml", BUTTON),
    ];
    let want =
        "a.yaml:5:30 F101 `on` is unreachable in the rule of flag `api`: requires `false` to hold";
    assert_eq!(findings_with_codes(&shadowed, &["F101"]), [want]);
    let winning = [
        ("b.yaml", API),
        ("c.yaml", BUTTON),
        ("d.yaml", off.as_str()),
    ];
    let found = findings_with_codes(&winning, &["F101"]);
    assert!(
        found
            .iter()
            .any(|line| line.starts_with("c.yaml:6:14 F101 `on` is unreachable")),
        "{found:?}"
    );
}
