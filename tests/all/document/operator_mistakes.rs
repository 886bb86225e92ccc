//! Operators that do not exist, that YAML reads as something else, or that `sem_ver` does not know.

use fanion::diag::Severity;
use fanion::document::DocumentFormat;
use serde_json::json;

use crate::document::rule_mistakes::assert_mistake;
use crate::document::rule_mistakes::assert_valid;
use crate::support::evaluate;

/// An operator and a version, and a part of the error.
const SEM_VER: &[(&str, &str, &str)] = &[
    (
        "\"=>\"",
        "1.0.0",
        "F012: the operator of `sem_ver` in flag `f` is `=>`, which is not an operator (help: did you mean `>=`?)",
    ),
    ("\"==\"", "1.0.0", "did you mean `=`?"),
    ("\"!==\"", "1.0.0", "did you mean `!=`?"),
    ("gte", "1.0.0", "did you mean `>=`?"),
    ("about", "1.0.0", "write one of: =, !=, <"),
    (
        "~",
        "1.0.0",
        "is null, which is not an operator (help: quote the operator: an unquoted `~` is null in YAML, write `\"~\"`)",
    ),
    ("null", "1.0.0", "quote the operator"),
    ("5", "1.0.0", "is a number, which is not an operator"),
    (
        "\">=\"",
        "1.0.x",
        "compares `1.0.x`, which is not a version (help: there are no wildcards: compare with `\"~\"` and `1.0.0`)",
    ),
    ("\">=\"", "\"1.*\"", "compare with `\"^\"` and `1.0.0`"),
    (
        "\">=\"",
        "1..0",
        "compares `1..0`, which is not a version (help: write a version such as 1.2.3",
    ),
    (
        "\">=\"",
        "\">=1.0.0\"",
        "write `1.0.0`; the operator is the second argument",
    ),
    ("\">=\"", "1.2.3.4", "which is not a version"),
    (
        "\">=\"",
        "version",
        "to read an attribute, write `{ \"var\": \"version\" }`",
    ),
    ("\">=\"", "~", "compares null, which is not a version"),
    ("1.0.0", "\">=\"", "write the operator as second argument"),
];

#[test]
fn unknown_operators_and_versions_of_sem_ver_are_errors() {
    let rule = |order: &str, version: &str| {
        format!("{{ if: [{{ sem_ver: [{{ var: v }}, {order}, {version}] }}, \"on\"] }}")
    };
    for (order, version, want) in SEM_VER {
        assert_mistake(&rule(order, version), Severity::Error, want);
    }
    for order in [
        "\"=\"",
        "\"!=\"",
        "<",
        "<=",
        "\">\"",
        "\">=\"",
        "^",
        "\"~\"",
        "{ var: o }",
    ] {
        assert_valid(&[
            &rule(order, "1.2"),
            &rule(order, "{ var: w }"),
            &rule(order, "2"),
        ]);
    }
}

#[test]
fn unquoted_operators_are_errors_and_evaluate_as_in_flagd() {
    // Operator, the lines of the rule, and the variant for `a: b`: a tag leaves a list, which is true.
    for (operator, rule, want) in [
        (
            "!=",
            "if:\n    - !=: [{ var: a }, b]\n    - 'on'\n    - 'off'",
            "on",
        ),
        (
            "!==",
            "if:\n    - !==: [{ var: a }, b]\n    - 'on'\n    - 'off'",
            "on",
        ),
        (
            "!",
            "if:\n    - !: [{ var: a }]\n    - 'on'\n    - 'off'",
            "on",
        ),
        (
            "!!",
            "if:\n    - !!: [{ var: zz }]\n    - 'on'\n    - 'off'",
            "on",
        ),
        ("!=", "{ if: [ !=  [{ var: a }, b], 'on', 'off'] }", "on"),
        (
            "!=",
            "if:\n    - ? !=\n      : [{ var: a }, b]\n    - 'on'",
            "PARSE_ERROR",
        ),
    ] {
        let text = format!(
            "flags:\n f:\n  variants: {{ \"on\": true, \"off\": false }}\n  defaultVariant: \"off\"\n  targeting:\n   {rule}\n"
        );
        let (ruleset, found) = evaluate::load(&text, DocumentFormat::Yaml);
        let help = format!("F028: `{operator}` is a YAML tag here");
        let told = found.iter().any(|d| {
            d.severity == Severity::Error
                && d.to_string().contains(&help)
                && d.help.contains("quote the operator")
        });
        assert!(told, "{rule}: {found:#?}");
        let answer = evaluate::evaluate(&ruleset, "f", &json!({"a": "b"}));
        let variant = answer["variant"].as_str();
        assert_eq!(
            variant.or(answer["errorCode"].as_str()),
            Some(want),
            "{rule}"
        );
    }
    // In braces, the value becomes the key, which rejects the file in flagd, too.
    let text = "flags:\n  f: { targeting: { if: [{ !: { var: a } }, x] } }\n";
    let (_, found) = evaluate::load(text, DocumentFormat::Yaml);
    let codes: Vec<_> = found.iter().map(|d| d.code.id()).collect();
    assert_eq!(codes, ["F003", "F028"], "{found:#?}");
}

#[test]
fn unknown_operators_have_a_suggestion() {
    let rule = |operation: &str| format!("{{ if: [{{ {operation} }}, \"on\"] }}");
    for (operation, want) in [
        (
            "\"=\": [{ var: a }, 1]",
            "F011: unknown operator `=` in flag `f` (help: did you mean `==`?)",
        ),
        ("equals: [{ var: a }, 1]", "did you mean `==`?"),
        ("Not: [{ var: a }]", "did you mean `!`?"),
        ("ref: staff", "did you mean `$ref`?"),
        ("startsWith: [{ var: a }, x]", "did you mean `starts_with`?"),
        (
            "contains: [{ var: a }, x]",
            "write `{ \"in\": [\"x\", {\"var\":\"a\"}] }`, with the text that is searched for first",
        ),
        ("percentage: [[\"on\", 1]]", "did you mean `fractional`?"),
        (
            "country: DE",
            "to compare an attribute, write `{ \"==\": [{ \"var\": \"country\" }, VALUE] }`",
        ),
        (
            "country: [DE, AT]",
            "to search a list, write `{ \"in\": [{ \"var\": \"country\" }, LIST] }`",
        ),
        ("regex: [{ var: a }, x]", "there are no regular expressions"),
        (
            "~: [{ var: a }, x]",
            "unknown operator `<nil>` in flag `f` (help: quote the operator",
        ),
    ] {
        assert_mistake(&rule(operation), Severity::Error, want);
    }
    let text = "$evaluators: { staff: { var: s } }\nflags: { f: { variants: { y: 1 }, targeting: { if: [{ $ref: '#/$evaluators/staff' }, y] } } }\n";
    let (_, found) = evaluate::load(text, DocumentFormat::Yaml);
    assert!(found[0].help.contains("did you mean `staff`?"), "{found:?}");
}
