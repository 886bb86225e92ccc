//! Diagnostics of the parser: code, position, message and hint.

use fanion::diag::Severity;
use fanion::document::DocumentFormat;
use serde_json::json;

use crate::support::evaluate;

/// The diagnostics of a document, one line each.
fn diagnostics(text: &str, format: DocumentFormat) -> Vec<String> {
    let (_, diagnostics) = evaluate::load(text, format);
    diagnostics.iter().map(ToString::to_string).collect()
}

fn assert_diagnostics(text: &str, want: &[&str]) {
    assert_eq!(diagnostics(text, DocumentFormat::Yaml), want);
}

#[test]
fn valid_document_has_no_diagnostics() {
    assert_diagnostics(
        "$schema: x\nflags:\n  f: { variants: { a: 1 }, defaultVariant: a }\n",
        &[],
    );
}

#[test]
fn all_errors_are_reported() {
    assert_diagnostics(
        "flags:\n  a: { defaultVariant: x, variants: { y: 1 } }\n  b: 3\n  c: { stat: ENABLED, state: on }\n  d: { variants: [1] }\n",
        &[
            "flags.yaml:2:24: F007: `defaultVariant` of flag `a` is `x`, which is not a variant (help: did you mean `y`?)",
            "flags.yaml:3:6: F006: flag `b` is a number, must be an object (help: write an object with `state`, `variants` and `defaultVariant`)",
            "flags.yaml:4:8: F008: unknown member `stat` of flag `c`, ignored (help: remove it: the flag has `state`)",
            "flags.yaml:4:30: F006: invalid `state` `on` of flag `c`, treated as ENABLED (help: write ENABLED or DISABLED, in upper case)",
            "flags.yaml:5:18: F006: `variants` of flag `d` is an array, must be an object of names and values (help: the flag returns PARSE_ERROR until this is fixed)",
        ],
    );
}

#[test]
fn invalid_flag_does_not_affect_other_flags() {
    let text = "flags:\n  bad: 3\n  worse: { defaultVariant: x }\n  good: { variants: { v: 1 }, defaultVariant: v }\n";
    let (ruleset, _) = evaluate::load(text, DocumentFormat::Yaml);
    let ask = |key| evaluate::evaluate(&ruleset, key, &json!({}));
    assert_eq!(ask("bad"), json!({"errorCode": "PARSE_ERROR"}));
    assert_eq!(ask("worse"), json!({"errorCode": "GENERAL"}));
    assert_eq!(ask("good"), json!({"variant": "v", "reason": "STATIC"}));
}

#[test]
fn block_list_inside_braces_gets_a_hint() {
    let text = "flags:\n  f:\n    targeting: {\n      if:\n        - a\n    }\n";
    let told = diagnostics(text, DocumentFormat::Yaml);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("a list with dashes is not allowed inside `{ … }` or `[ … ]`"),
        "{told:?}"
    );
    assert!(
        told[0].contains("write the list as `[a, b, c]`"),
        "{told:?}"
    );
    assert!(told[0].starts_with("flags.yaml:5:"), "{told:?}");
}

#[test]
fn yaml_syntax_errors_have_position_and_hint() {
    for (text, place, part) in [
        ("flags:\n\tf: {}\n", "2:", "tab"),
        ("flags: {a: 1\nb: 2\n", "", "bracket"),
        ("flags:\n  f: \"open\n", "", "quote"),
        (
            "flags: &x\n  f: *x\n",
            "2:",
            "an alias refers to a value that contains it",
        ),
        ("flags:\n  ? [a]\n  : 1\n", "2:", "a key must be a scalar"),
        ("flags:\n  f: .nan\n", "2:6", "has no JSON representation"),
    ] {
        let told = diagnostics(text, DocumentFormat::Yaml);
        let found = told
            .iter()
            .any(|t| t.contains(part) && t.starts_with(&format!("flags.yaml:{place}")));
        assert!(found, "{text:?}: {told:?}");
    }
}

#[test]
fn json_syntax_errors_have_position_and_hint() {
    for (text, want) in [
        (
            "{\"flags\": {\n},}",
            "flags.yaml:2:3: F001: expected a string, found `}` (help: remove the comma: JSON allows no trailing comma)",
        ),
        (
            "{\"flags\": {} // x\n}",
            "flags.yaml:1:14: F001: expected `,` or `}`, found `/` (help: JSON has no comments: remove it, or write YAML)",
        ),
        (
            "{\"flags\": {}",
            "flags.yaml:1:13: F001: the bracket `{` at 1:1 is not closed (help: write `}` at its end)",
        ),
        (
            "{\"flags\": {\"a\": {\"state\": \"DISABLED\"}, \"a\": {\"state\": \"DISABLED\"}}}",
            "flags.yaml:1:40: F004: duplicate key `a` in one object (help: the first one, at 1:12, is ignored; rename or remove one of them)",
        ),
    ] {
        assert_eq!(diagnostics(text, DocumentFormat::Json), [want]);
    }
}

#[test]
fn documents_without_a_flags_object_are_rejected() {
    for text in [
        "",
        "[]",
        "3",
        "{}",
        "flag: {}",
        "flags: 3",
        "flags: {}\n$evaluators: 3",
    ] {
        let parsed = fanion::document::parse(text, DocumentFormat::Yaml, &evaluate::origin());
        assert!(parsed.document.is_none(), "{text:?}");
        let errors = parsed
            .diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error);
        assert_eq!(errors.count(), 1, "{text:?}: {:?}", parsed.diagnostics);
    }
    for text in [
        "flags: {}",
        "flags:",
        "flags: null",
        "flags: []",
        "FLAGS: {}",
    ] {
        let parsed = fanion::document::parse(text, DocumentFormat::Yaml, &evaluate::origin());
        assert!(parsed.document.is_some(), "{text:?}");
    }
}

fn rule(rule: &str) -> Vec<String> {
    let text = format!("flags:\n  f:\n    variants: {{ on: 1, off: 0 }}\n    targeting: {rule}\n");
    diagnostics(&text, DocumentFormat::Yaml)
}

#[test]
fn rule_errors_are_reported_at_load() {
    for (written, want) in [
        (
            "{ fractionl: [] }",
            "4:18: F011: unknown operator `fractionl` in flag `f` (help: did you mean `fractional`?)",
        ),
        (
            "{ if: [true, onn] }",
            "4:29: F013: `onn` is not a variant of flag `f` (help: did you mean `on`?)",
        ),
        (
            "{ and: true }",
            "4:18: F012: the arguments of `and` in flag `f` are not a list (help: put `[` and `]` around them)",
        ),
        (
            "{ var: true }",
            "4:23: F012: `var` has no attribute name (help: write the name of an attribute, as in `{\"var\": \"country\"}`)",
        ),
        (
            "{ fractional: [[on, 0], [off, 0]] }",
            "4:31: F012: the weights of `fractional` in flag `f` sum to 0 (help: the sum must be from 1 to 2147483647; until then the flag resolves to its default)",
        ),
        (
            "{ fractional: [[on, 1.5]] }",
            "4:36: F012: weight `1.5` of `on` in `fractional` of flag `f` is not a whole number (help: multiply all weights by 10 until they are whole; until then the flag resolves to its default)",
        ),
        (
            "{ fractionalEvaluation: [email, [on, 1]] }",
            "4:18: F014: `fractionalEvaluation` of flag `f` is deprecated: flagd no longer knows it and returns PARSE_ERROR (help: write `fractional`, with `{\"var\": …}` as its first argument)",
        ),
        (
            "{ $ref: nobody }",
            "4:16: F010: unknown evaluator `nobody` (help: flags that use it return PARSE_ERROR until this is fixed)",
        ),
    ] {
        assert_eq!(rule(written), [format!("flags.yaml:{want}")]);
    }
}

#[test]
fn references_resolve_in_dependency_order() {
    // The evaluators sort before the ones that they refer to: the result must not depend on the order.
    let text = "$evaluators:\n  a: { $ref: b }\n  b: { '!': [{ $ref: c }] }\n  c: { '==': [{ var: k }, 1] }\nflags:\n  f: { variants: { y: 1, n: 0 }, targeting: { if: [{ $ref: a }, y, n] } }\n";
    let (ruleset, diagnostics) = evaluate::load(text, DocumentFormat::Yaml);
    assert_eq!(diagnostics, []);
    assert_eq!(
        evaluate::evaluate(&ruleset, "f", &json!({"k": 1}))["variant"],
        "n"
    );
    assert_eq!(
        evaluate::evaluate(&ruleset, "f", &json!({"k": 2}))["variant"],
        "y"
    );
}

#[test]
fn reference_cycle_affects_only_its_flag() {
    let text = "$evaluators:\n  a: { '!': [{ $ref: b }] }\n  b: { '!': [{ $ref: a }] }\nflags:\n  f: { variants: { y: 1 }, targeting: { if: [{ $ref: a }, y] } }\n  g: { variants: { y: 1 }, defaultVariant: y }\n";
    let (ruleset, diagnostics) = evaluate::load(text, DocumentFormat::Yaml);
    assert!(
        diagnostics
            .iter()
            .any(|d| d.message.contains("refer to each other in a cycle"))
    );
    assert_eq!(
        evaluate::evaluate(&ruleset, "f", &json!({})),
        json!({"errorCode": "PARSE_ERROR"})
    );
    assert_eq!(
        evaluate::evaluate(&ruleset, "g", &json!({}))["variant"],
        "y"
    );
}

fn assert_too_large(text: &str, format: DocumentFormat) {
    let found = diagnostics(text, format);
    assert!(found.iter().any(|t| t.contains("F003")), "{found:?}");
}

#[test]
fn expansion_and_nesting_are_bounded() {
    let mut bomb = String::from("flags: {}\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..10 {
        let aliases = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
    }
    assert_too_large(&bomb, DocumentFormat::Yaml);
    let mut bomb = String::from("$evaluators:\n  e0: { or: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1] }\n");
    for i in 1..10 {
        let references = vec![format!("{{ $ref: e{} }}", i - 1); 10].join(", ");
        bomb.push_str(&format!("  e{i}: {{ or: [{references}] }}\n"));
    }
    bomb.push_str("flags:\n  f: { targeting: { $ref: e9 } }\n");
    assert_too_large(&bomb, DocumentFormat::Yaml);
    let long = "x".repeat(10_000);
    let aliases = vec!["*a"; 40_000].join(", ");
    let bomb = format!("flags: {{}}\nt: &a {long}\nl: [{aliases}]\n");
    assert_too_large(&bomb, DocumentFormat::Yaml);
    let chain: serde_json::Map<_, _> = (0..20_000)
        .map(|i| {
            (
                format!("e{i}"),
                json!({"!": [{"$ref": format!("e{}", i + 1)}]}),
            )
        })
        .collect();
    let bomb = json!({"$evaluators": chain, "flags": {"f": {"targeting": {"$ref": "e0"}}}});
    assert_too_large(&bomb.to_string(), DocumentFormat::Json);
}

#[test]
fn nesting_is_bounded_and_compiled_once() {
    // Forty nested `fractional` keys: compiling each key twice would take 2^40 steps.
    let key = (0..40).fold(
        json!({"var": "k"}),
        |key, _| json!({"fractional": [key, ["a", 1]]}),
    );
    let deep = json!({"flags": {"f": {"variants": {"a": 1}, "targeting": key}}});
    assert_eq!(
        diagnostics(&deep.to_string(), DocumentFormat::Json),
        Vec::<String>::new()
    );
    for (open, format) in [
        ("[", DocumentFormat::Yaml),
        ("[", DocumentFormat::Json),
        ("{a: ", DocumentFormat::Yaml),
        ("- ", DocumentFormat::Yaml),
    ] {
        let deep = open.repeat(200_000);
        assert!(
            diagnostics(&deep, format).iter().any(|t| t.contains("F00")),
            "{open}"
        );
    }
}

#[test]
fn yaml_scalars_are_interpreted_as_flagd_does() {
    let text = "base: &base { state: ENABLED }\nflags:\n  f:\n    <<: *base\n    variants: { on: 010, 1: 1_000, ~: yes, 2024-01-01: 2024-01-01 }\n    defaultVariant: on\n";
    let (ruleset, _) = evaluate::load(text, DocumentFormat::Yaml);
    let flag = ruleset.flag("f").expect("the flag");
    let mut values = String::new();
    let members: Vec<_> = flag
        .variant_names
        .iter()
        .cloned()
        .zip(flag.variant_values.iter().cloned())
        .collect();
    fanion::json::write_object(&mut values, &members);
    let want =
        r#"{"1":1000,"2024-01-01 00:00:00 +0000 UTC":"2024-01-01T00:00:00Z","<nil>":"yes","on":8}"#;
    assert_eq!(values, want);
}

#[test]
fn control_characters_in_names_are_escaped() {
    let text = "flags:\n  f:\n    variants: {a: 1}\n    targeting: {$ref: \"x\\n\\e[31m\"}\n";
    let (_, found) = evaluate::load(text, DocumentFormat::Yaml);
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    let told = lines
        .iter()
        .any(|line| line.contains(r"unknown evaluator `x\n\u{1b}[31m`"));
    assert!(told, "{lines:#?}");
    assert!(!lines.concat().contains(char::is_control), "{lines:#?}");
}
