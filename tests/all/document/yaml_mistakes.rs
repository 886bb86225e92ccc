//! Mistakes in YAML: syntax errors name their cause, and numbers without a JSON form reject the file.

use fanion::document::DocumentFormat;
use serde_json::json;

use crate::support::evaluate;

/// A text, the position of its error, a part of the message and a part of the help.
const CAUSES: &[(&str, &str, &str, &str)] = &[
    (
        "flags:\n  f: { variants: {a: 1} }\n    defaultVariant: a\n",
        "3:5",
        "indented deeper than the line above, whose value is complete",
        "inside the brackets",
    ),
    (
        "flags:\n  f:\n    state: ENABLED\n      defaultVariant: a\n",
        "4:21",
        "indented deeper",
        "indent it like the line above",
    ),
    (
        "flags:\n  f:\n     state: ENABLED\n    variants: {}\n",
        "4:5",
        "matches no line above",
        "exactly like the other keys",
    ),
    (
        "flags:\n  f: *x\n",
        "2:6",
        "unknown anchor `x`",
        "quote the text",
    ),
    (
        "flags:\n  f: *.example.com\n",
        "2:7",
        "`*` begins an alias",
        "quote the value",
    ),
    (
        "flags:\n  - @x\n",
        "2:5",
        "cannot begin with `@`",
        "quote the value",
    ),
    (
        "flags:\n  f: %x\n",
        "2:6",
        "cannot begin with `%`",
        "quote the value",
    ),
    (
        "flags:\n  f:\n    state:ENABLED\n    defaultVariant: a\n",
        "4:19",
        "`state:ENABLED` in the line above has no space",
        "write `state: ENABLED`",
    ),
    (
        "flags:\n  f\n    state: ENABLED\n",
        "3:10",
        "`f` in the line above has no colon",
        "write `f:`",
    ),
    (
        "flags:\n  f: a: b\n",
        "2:7",
        "the value contains a colon",
        "quote the value",
    ),
    (
        "flags:\n  f: \"open\n  g: 1\n",
        "4:1",
        "the quote at 2:6 is not closed",
        "close it",
    ),
    (
        "flags:\n  f: { variants: {a: 1}\n  g: {}\n",
        "3:3",
        "the bracket `{` at 2:6 is not closed",
        "write `}`",
    ),
    (
        "flags:\n  f: { a: 1 b: 2 }\n",
        "2:14",
        "a comma is missing",
        "separate items with commas",
    ),
    (
        "flags:\n  f: { a: 1 }}\n",
        "2:14",
        "`}` closes a bracket that was never opened",
        "remove it",
    ),
    (
        "flags:\n  f: \"a\" b\n",
        "2:10",
        "text follows a complete value",
        "quote the whole value",
    ),
    (
        "flags:\n  f: \"a\\d\"\n",
        "2:8",
        "is not an escape sequence",
        "single quotes",
    ),
    (
        "flags:\n  f: - a\n",
        "2:6",
        "a list item stands on the line of its key",
        "a line of its own",
    ),
    (
        "flags:\n  f:\n    a: 1\n    - b\n",
        "4:5",
        "a list item stands among the keys",
        "indent the list",
    ),
    (
        "flags:\n  f:\n    - a\n    b: 1\n",
        "4:5",
        "among the items of a list",
        "begin it with `- `",
    ),
    (
        "flags:\n  f: |\n  text\n  g: 1\n",
        "4:3",
        "the text below a `|` or `>` is not indented",
        "deeper than their key",
    ),
    (
        "flags:\n{{- range .x }}\n  f: 1\n",
        "3:3",
        "a template",
        "render the template",
    ),
    (
        "flags:\n<<<<<<< HEAD\n  f: 1\n",
        "3:4",
        "merge conflict",
        "resolve it",
    ),
];

#[test]
fn yaml_syntax_errors_name_the_cause() {
    for (text, place, message, help) in CAUSES {
        let (_, found) = evaluate::load(text, DocumentFormat::Yaml);
        assert_eq!(found.len(), 1, "{text:?}: {found:#?}");
        let told = found[0].to_string();
        assert!(
            told.starts_with(&format!("flags.yaml:{place}: F001: ")),
            "{text:?}: {told}"
        );
        assert!(found[0].message.contains(message), "{text:?}: {told}");
        assert!(found[0].help.contains(help), "{text:?}: {told}");
    }
}

#[test]
fn infinite_and_undefined_numbers_reject_the_file() {
    for number in [".inf", "-.Inf", ".nan", "!!float '.inf'"] {
        let text = format!("flags:\n  f: {{ variants: {{ a: {number} }} }}\n");
        let parsed = fanion::document::parse(&text, DocumentFormat::Yaml, &evaluate::origin());
        assert!(parsed.document.is_none(), "{number}");
        assert_eq!(parsed.diagnostics.len(), 1, "{:?}", parsed.diagnostics);
        assert_eq!(parsed.diagnostics[0].code.id(), "F001");
    }
    // In YAML, a number that is too large is a string, as in flagd; in JSON it is an error.
    let text = "flags: { f: { variants: { a: 1e400 }, defaultVariant: a } }";
    let (ruleset, _) = evaluate::load(text, DocumentFormat::Yaml);
    assert_eq!(
        evaluate::evaluate(&ruleset, "f", &json!({}))["variant"],
        "a"
    );
    let text = r#"{"flags": {"f": {"variants": {"a": 1e400}}}}"#;
    let (_, found) = evaluate::load(text, DocumentFormat::Json);
    assert_eq!(
        found[0].to_string(),
        "flags.yaml:1:36: F001: number `1e400` too large for a 64-bit float"
    );
}
