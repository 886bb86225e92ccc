//! Lint rules on single conditions: forgotten `var`, swapped arguments and wrong types, without their consequences.

use crate::support::lint::assert_findings;
use crate::support::lint::findings_of_rule;
use crate::support::lint::help_of_rule;

fn assert_only_finding(condition: &str, code: &str, message: &str, help: &str) {
    for rule in [
        format!("{{ if: [{condition}, \"on\"] }}"),
        format!("{{ if: [{condition}, \"on\", \"off\"] }}"),
        format!(
            "{{ if: [{{ and: [{{ var: kind }}, {condition}] }}, \"on\", {{ var: other }}, \"on\"] }}"
        ),
        format!("{{ if: [{{ '!': [{condition}] }}, \"on\", \"off\"] }}"),
    ] {
        let found = findings_of_rule(&rule);
        assert_eq!(found.len(), 1, "{rule}: {found:?}");
        assert!(
            found[0].contains(&format!("{code} {message}")),
            "{rule}: {found:?}"
        );
        let told = help_of_rule(&rule, code);
        assert!(told.contains(help), "{rule}: {told}");
    }
}

#[test]
fn comparison_of_constants_is_the_only_finding() {
    for (condition, shown, truth, name) in [
        (
            r#"{ "==": [email, "a"] }"#,
            r#""email" == "a""#,
            "it never holds",
            "email",
        ),
        (
            r#"{ "!=": [country, BR] }"#,
            r#""country" != "BR""#,
            "it always holds",
            "country",
        ),
        (
            r#"{ "===": [user.plan, pro] }"#,
            r#""user.plan" === "pro""#,
            "it never holds",
            "user.plan",
        ),
        (
            r#"{ ">": [age, 18] }"#,
            r#""age" > 18"#,
            "it never holds",
            "age",
        ),
        (
            r"{ in: [country, [DE, AT]] }",
            r#""country" in ["DE", "AT"]"#,
            "it never holds",
            "country",
        ),
        (
            r#"{ in: ["@a.com", email] }"#,
            r#""@a.com" in "email""#,
            "it never holds",
            "email",
        ),
        (
            r#"{ ends_with: [email, "@a.com"] }"#,
            r#""email" ends_with "@a.com""#,
            "it never holds",
            "email",
        ),
    ] {
        let message = format!("`{shown}` in flag `f` compares two constants, so {truth}");
        let help = format!("did you mean `{{ \"var\": \"{name}\" }}` instead of `\"{name}\"`?");
        assert_only_finding(condition, "F123", &message, &help);
    }
}

#[test]
fn suggested_attribute_is_one_that_the_rule_reads() {
    let rule = r#"{ if: [{ "==": [DE, country] }, "on", { "==": [{ var: country }, AT] }, "on"] }"#;
    let help = help_of_rule(rule, "F123");
    assert!(help.contains("{ \"var\": \"country\" }"), "{help}");
    let numbers = r#"{ if: [{ "==": [1, 2] }, "on"] }"#;
    let help = help_of_rule(numbers, "F123");
    assert!(help.starts_with("compare an attribute"), "{help}");
}

#[test]
fn constant_text_as_condition_is_the_only_finding() {
    for (condition, help) in [
        ("email", "did you mean `{ \"var\": \"email\" }`?"),
        ("'true'", "remove the quotes: `true`"),
        ("'false'", "remove the quotes: `false`"),
        (
            "'user is staff'",
            "write an operation, or `true` or `false`",
        ),
    ] {
        let text = condition.trim_matches('\'');
        let message =
            format!("a condition of flag `f` is the constant text `{text}`, so it always holds");
        assert_only_finding(condition, "F123", &message, help);
    }
    // A boolean is intended: its consequence is reported.
    let found = findings_of_rule(r#"{ if: [true, "on", "off"] }"#);
    assert!(found.iter().any(|f| f.contains("F101")), "{found:?}");
}

#[test]
fn swapped_arguments_are_the_only_finding() {
    for (condition, message, help) in [
        (
            r#"{ in: [["a", "b"], { var: x }] }"#,
            r#"`["a", "b"] in x` in flag `f` holds for no value of the attribute"#,
            r#"the list is the second argument: `{"in": [{"var":"x"}, ["a","b"]]}`"#,
        ),
        (
            r#"{ ends_with: ["@a.com", { var: email }] }"#,
            r#"`"@a.com" ends_with email` in flag `f` looks for the attribute in the constant `@a.com`"#,
            r#"write the attribute first: `{"ends_with": [{"var":"email"}, "@a.com"]}`"#,
        ),
        (
            r#"{ starts_with: [a, { var: [email, ""] }] }"#,
            r#"`"a" starts_with email` in flag `f` looks for the attribute in the constant `a`"#,
            r#"`{"starts_with": [{"var":["email",""]}, "a"]}`"#,
        ),
        (
            r#"{ in: [{ var: email }, "@a.com"] }"#,
            r#"`email in "@a.com"` in flag `f` looks for the attribute in the constant `@a.com`"#,
            r#"write `{"in": ["@a.com", {"var":"email"}]}`; for an equal text, write `{"in": [{"var":"email"}, ["@a.com"]]}`"#,
        ),
        (
            r#"{ "==": [{ var: x }, [a, b]] }"#,
            r#"`x == ["a", "b"]` in flag `f` holds for no value of the attribute"#,
            r#"a list equals nothing; write `{"in": [{"var":"x"}, ["a","b"]]}`"#,
        ),
        (
            r#"{ "===": [[a], { var: x }] }"#,
            r#"`["a"] === x` in flag `f` holds for no value of the attribute"#,
            r#"write `{"in": [{"var":"x"}, ["a"]]}`"#,
        ),
        (
            r#"{ "!==": [{ var: x }, [a, b]] }"#,
            r#"`x !== ["a", "b"]` in flag `f` holds for every value of the attribute"#,
            r#"write `{"!": [{"in": [{"var":"x"}, ["a","b"]]}]}`"#,
        ),
        (
            r"{ contains_any: [{ var: segments }, beta] }",
            "holds for no value of the attribute",
            "the second argument is a list of values",
        ),
    ] {
        let message = if message.starts_with('`') {
            message.to_owned()
        } else {
            format!("`contains_any[segments, \"beta\"]` in flag `f` {message}")
        };
        assert_only_finding(condition, "F124", &message, help);
    }
}

#[test]
fn ordinary_comparison_is_not_reported() {
    for condition in [
        r#"{ in: ["@a.com", { var: email }] }"#,
        r"{ in: [beta, { var: segments }] }",
        r"{ in: [{ var: x }, [1, a]] }",
        r"{ in: [{ var: x }, { var: y }] }",
        r"{ ends_with: [{ var: email }, { var: suffix }] }",
        r#"{ "==": [{ var: x }, ""] }"#,
        r#"{ "==": [{ fractional: [["in", 5], ["out", 95]] }, "in"] }"#,
        r"{ contains_any: [{ var: segments }, [beta]] }",
        r#"{ some: [{ var: l }, { "==": [{ var: "" }, a] }] }"#,
    ] {
        assert_findings(&format!("{{ if: [{condition}, \"on\"] }}"), &[]);
    }
}

#[test]
fn condition_with_a_load_error_has_no_consequences() {
    let found = findings_of_rule(r#"{ if: [{ semver: [{ var: v }, ">=", "1.0.0"] }, "on"] }"#);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("F011"), "{found:?}");
}
