//! F119: numbers and keys that are read as another value.

use fanion::analysis::lint;
use fanion::diag::Severity;

use crate::support::lint::lint_policy;
use crate::support::lint::parse_files;

/// The severity and the text of each F119 in a file.
fn lossy(name: &str, text: &str) -> Vec<(Severity, String)> {
    let found = lint::check(&parse_files(&[(name, text)]), &lint_policy("{}"));
    let found = found.into_iter().filter(|d| d.code.id() == "F119");
    found.map(|d| (d.severity, d.to_string())).collect()
}

#[test]
fn numbers_that_lose_digits_are_reported() {
    let flag = |variants: &str| {
        format!("flags:\n  f: {{ variants: {{ {variants} }}, defaultVariant: a }}\n")
    };
    for (number, want) in [
        (
            "9007199254740993",
            "`variants` of flag `f` has the number `9007199254740993`, which is read as 9007199254740992",
        ),
        (
            "-9_007_199_254_740_993",
            "which is read as -9007199254740992",
        ),
        (
            "0x20000000000001",
            "`0x20000000000001`, which is read as 9007199254740992",
        ),
        (
            "18446744073709551615",
            "which is read as 18446744073709552000",
        ),
        (
            "1e400",
            "has the number `1e400`, which is too large and is read as a string",
        ),
        ("1e-400", "has the number `1e-400`, which is read as 0"),
    ] {
        let found = lossy("flags.yaml", &flag(&format!("a: {number}")));
        assert_eq!(found.len(), 1, "{number}: {found:?}");
        assert_eq!(found[0].0, Severity::Error);
        assert!(found[0].1.contains(want), "{found:?}");
        assert!(
            found[0].1.starts_with("flags.yaml:2:23: F119: "),
            "{found:?}"
        );
    }
    for number in [
        "9007199254740992",
        "1e20",
        "\"9007199254740993\"",
        "0.1234567890123456789",
        "0",
        "-0.0",
        "'1e400'",
    ] {
        assert_eq!(lossy("flags.yaml", &flag(&format!("a: {number}"))), []);
    }
    let json = r#"{"flags": {"f": {"variants": {"a": 1}, "defaultVariant": "a",
      "targeting": {"if": [{"==": [{"var": "id"}, 9007199254740993]}, "a"]}}},
      "metadata": {"build": 9007199254740993}}"#;
    let found = lossy("flags.json", json);
    let severities: Vec<_> = found.iter().map(|(severity, _)| *severity).collect();
    assert_eq!(
        severities,
        [Severity::Error, Severity::Warning],
        "{found:?}"
    );
    assert!(found[0].1.contains("`targeting` of flag `f`"), "{found:?}");
}

#[test]
fn keys_that_become_another_text_are_reported() {
    for (text, severity, want) in [
        (
            "flags:\n  f: { variants: { ~: 1 } }\n",
            Severity::Error,
            "`variants` of flag `f` has the key `~`, which is read as `<nil>`",
        ),
        (
            "flags:\n  f: { variants: { null: 1 } }\n",
            Severity::Error,
            "has the key `null`, which is read as `<nil>`",
        ),
        (
            "flags:\n  f: { variants: { 1.50: 1 } }\n",
            Severity::Warning,
            "has the key `1.50`, which is read as `1.5`",
        ),
        (
            "flags:\n  f:\n    variants:\n      010: 1\n",
            Severity::Warning,
            "has the key `010`, which is read as `8`",
        ),
        (
            "flags:\n  f: { variants: { 2024-01-02: 1 } }\n",
            Severity::Warning,
            "which is read as `2024-01-02 00:00:00 +0000 UTC`",
        ),
        (
            "flags:\n  1.0: { variants: { a: 1 } }\n",
            Severity::Error,
            "`flags` has the key `1.0`, which is read as `1`",
        ),
        (
            "metadata: { ~: x }\nflags: {}\n",
            Severity::Warning,
            "`metadata` of the document has the key `~`",
        ),
    ] {
        let found = lossy("flags.yaml", text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].0, severity, "{text}");
        assert!(found[0].1.contains(want), "{found:?}");
    }
    for text in [
        "flags:\n  f: { variants: { 1: 1, \"1.50\": 2, true: 3, '~': 4 } }\n",
        "flags:\n  1.2.3: { variants: { &x 7: 1 } }\n",
    ] {
        assert_eq!(lossy("flags.yaml", text), []);
    }
}
