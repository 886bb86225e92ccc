//! Mistakes in rules that flagd evaluates without a message: each has a diagnostic whose severity follows its effect.

use fanion::diag::Severity;
use fanion::document::DocumentFormat;

use crate::support::evaluate;

/// Asserts one diagnostic of a rule for a flag with the variants `on` and `off`, default `off`.
pub fn assert_mistake(rule: &str, severity: Severity, want: &str) {
    let text = format!(
        "flags:\n  f:\n    variants: {{ \"on\": true, \"off\": false }}\n    defaultVariant: \"off\"\n    targeting: {rule}\n"
    );
    let (_, found) = evaluate::load(&text, DocumentFormat::Yaml);
    let fits = |d: &fanion::diag::Diagnostic| {
        d.severity == severity && d.to_string().contains(want) && d.message.contains("`f`")
    };
    assert!(found.iter().any(fits), "{rule}: no `{want}` in {found:#?}");
}

fn assert_errors(rows: &[(&str, &str)]) {
    for (rule, want) in rows {
        assert_mistake(rule, Severity::Error, want);
    }
}

pub fn assert_valid(rules: &[&str]) {
    for rule in rules {
        let text = format!(
            "flags: {{ f: {{ variants: {{ \"on\": true, \"off\": false }}, defaultVariant: \"off\", targeting: {rule} }} }}\n"
        );
        let (_, found) = evaluate::load(&text, DocumentFormat::Yaml);
        assert_eq!(found, [], "{rule}");
    }
}

#[test]
fn ignored_and_missing_arguments_are_errors() {
    assert_errors(&[
        (
            "{ if: [{ in: [{ var: a }, DE, AT] }, \"on\"] }",
            "F012: `in` in the rule of flag `f` has 3 arguments, and those after the second are ignored (help: write `{ \"in\": [VALUE, [A, B]] }`)",
        ),
        (
            "{ if: [{ in: [{ var: a }] }, \"on\"] }",
            "has 1 argument, but needs 2",
        ),
        (
            "{ if: [{ in: [{ var: a }, 5] }, \"on\"] }",
            "searches a number, which contains nothing",
        ),
        (
            "{ if: [{ \"==\": [{ var: a }, DE, AT] }, \"on\"] }",
            "`==` in the rule of flag `f` has 3 arguments",
        ),
        (
            "{ if: [{ \">\": [{ var: a }, 1, 2, 3] }, \"on\"] }",
            "those after the third are ignored",
        ),
        (
            "{ if: [{ \"!\": [{ var: a }, { var: b }] }, \"on\"] }",
            "those after the first are ignored",
        ),
        (
            "{ if: [{ starts_with: [{ var: a }, x, y] }, \"on\"] }",
            "`starts_with` in the rule of flag `f` has 3 arguments",
        ),
        (
            "{ if: [{ ends_with: [{ var: a }, [x, y]] }, \"on\"] }",
            "compares an array, but it compares strings only (help: write a string; test several with `or`)",
        ),
        (
            "{ if: [{ sem_ver: [{ var: v }, \"1.0.0\"] }, \"on\"] }",
            "`sem_ver` in the rule of flag `f` has 2 arguments, but needs 3",
        ),
        (
            "{ if: [{ \"==\": { var: a } }, \"on\"] }",
            "has an object in place of a list of arguments",
        ),
        (
            "{ if: [{ some: [{ var: a }] }, \"on\"] }",
            "`some` in the rule of flag `f` has 1 argument, but needs 2",
        ),
        (
            "{ if: [{ all: [{ var: a }, true] }, \"on\"] }",
            "the condition of a list operation in flag `f` is a boolean",
        ),
    ]);
    assert_valid(&[
        "{ if: [{ in: [{ var: a }, [DE, AT]] }, \"on\"] }",
        "{ if: [{ in: [x, { var: a }] }, \"on\"] }",
        "{ if: [{ \"<\": [1, { var: a }, 5] }, \"on\"] }",
        "{ if: [{ \"!\": { var: a } }, \"on\"] }",
        "{ if: [{ \"==\": { merge: [[{ var: a }], [1]] } }, \"on\"] }",
        "{ if: [{ some: [{ var: a }, { \"==\": [{ var: \"\" }, x] }] }, \"on\"] }",
    ]);
}

/// Shares and weights, and a part of the error.
const FAULTY_SHARES: &[(&str, &str)] = &[
    (
        "{ fractional: { \"on\": 10, \"off\": 90 } }",
        "F012: `fractional` of flag `f` is an object, must be a list of shares (help: write a list of shares: `[[\"on\", 10], [\"off\", 90]]`)",
    ),
    ("{ fractional: { \"on\": 100 } }", "`[[\"on\", 100]]`"),
    (
        "{ fractional: [{ var: email }, { \"on\": 10, \"off\": 90 }] }",
        "has an object in place of a share",
    ),
    (
        "{ fractional: [{ var: email }, \"on\", \"off\"] }",
        "has a string in place of a share (help: write a share as `[VARIANT, WEIGHT]`)",
    ),
    (
        "{ fractional: [\"on\", 10] }",
        "has its shares in one flat list",
    ),
    (
        "{ fractional: [[\"on\", 10, \"off\", 90]] }",
        "a share of more than two parts",
    ),
    ("{ fractional: [] }", "has no shares"),
    ("{ fractional: [{ var: email }] }", "has no shares"),
    (
        "{ fractional: [[\"on\", 0.5], [\"off\", 0.5]] }",
        "F012: weight `0.5` of `on` in `fractional` of flag `f` is not a whole number (help: multiply all weights",
    ),
    (
        "{ fractional: [[\"on\", \"10\"], [\"off\", 90]] }",
        "weight `\"10\"` of `on` in `fractional` of flag `f` is a string (help: write 10, without quotes",
    ),
    (
        "{ fractional: [[\"on\", 10%], [\"off\", 90%]] }",
        "weight `\"90%\"` of `off` in `fractional` of flag `f` is a string (help: write 90, without quotes or a percent sign",
    ),
    (
        "{ fractional: [[\"on\", -10], [\"off\", 110]] }",
        "weight `-10` of `on` in `fractional` of flag `f` is negative",
    ),
    (
        "{ fractional: [[\"on\", 3e9], [\"off\", 1]] }",
        "is too large",
    ),
    (
        "{ fractional: [[\"on\", true], [\"off\", 1]] }",
        "weight `a boolean` of `on`",
    ),
    (
        "{ fractional: [[[\"on\"], 1], [\"off\", 1]] }",
        "has an array in place of the name of a variant",
    ),
    (
        "{ fractional: [[{ var: v }, 0.5], [\"off\", 1]] }",
        "weight `0.5` of a share",
    ),
];

#[test]
fn faulty_shares_and_weights_are_errors_that_name_the_value() {
    assert_errors(FAULTY_SHARES);
    assert_valid(&[
        "{ fractional: [[\"on\", 10], [\"off\", 90]] }",
        "{ fractional: [{ var: email }, [\"on\"], [\"off\", null]] }",
        "{ fractional: [{ cat: [{ var: a }, x] }, [{ if: [{ var: b }, \"on\", \"off\"] }, 1], [\"off\", { var: w }]] }",
    ]);
}

#[test]
fn conditions_that_are_lists_or_objects_are_errors() {
    assert_errors(&[
        (
            "{ if: [[{ \"==\": [{ var: a }, 1] }], \"on\"] }",
            "F012: a condition of flag `f` is a list, which is true for every context",
        ),
        (
            "{ if: [{ and: [{ var: a }, [{ var: b }]] }, \"on\"] }",
            "is a list, which is true",
        ),
        (
            "{ if: [{ country: DE, plan: x }, \"on\"] }",
            "is an object, which is true",
        ),
        (
            "{ if: [{ var: a }, \"on\"], else: \"off\" }",
            "F012: `if` has `else` beside it in the rule of flag `f`: an object of several members is a value, not an operation (help: write `{ \"if\": [CONDITION, THEN, ELSE] }`",
        ),
        (
            "{ if: { var: a }, then: \"on\", else: \"off\" }",
            "`if` has `then` beside it",
        ),
        (
            "{ if: [{ \"==\": [{ var: a }, 1], in: [{ var: b }, x] }, \"on\"] }",
            "`==` has `in` beside it",
        ),
        (
            "{ if: [{ \"==\": [{ var: a, default: 5 }, 1] }, \"on\"] }",
            "`var` has `default` beside it",
        ),
    ]);
}

#[test]
fn rules_that_end_in_no_variant_are_errors() {
    assert_errors(&[
        (
            "{ if: [{ var: a }, onn] }",
            "F013: `onn` is not a variant of flag `f` (help: did you mean `on`?)",
        ),
        (
            "{ fractional: [[\"on\", 1], [off2, 1]] }",
            "F013: `off2` is not a variant of flag `f`",
        ),
        (
            "{ fractional: [[{ if: [{ var: a }, onn] }, 1], [\"off\", 1]] }",
            "`onn` is not a variant",
        ),
        (
            "{ if: [{ var: a }, true, \"off\"] }",
            "`true` is not a variant of flag `f` (help: write one of: off, on)",
        ),
        (
            "[\"on\", \"off\"]",
            "F013: the rule of flag `f` ends in a list, not in the name of a variant",
        ),
        ("[{ if: [{ var: a }, \"on\"] }]", "ends in a list"),
        (
            "{ if: [{ var: a }, { name: \"on\", weight: 1 }] }",
            "ends in an object of no or several members",
        ),
        (
            "'{\"if\": [{\"var\": \"a\"}, \"on\"]}'",
            "F013: the rule of flag `f` is a string that holds JSON, not a rule (help: remove the quotes around the rule)",
        ),
        (
            "{ \"==\": [{ var: a }, 1] }",
            "F013: the rule of flag `f` ends in `==`, which yields true or false, but `true` is not a variant (help: write `{ \"if\": [CONDITION, \"on\", \"off\"] }`)",
        ),
        (
            "{ if: [{ var: a }, { in: [x, { var: b }] }] }",
            "ends in `in`, which yields true or false",
        ),
    ]);
    // No context reaches these results.
    for rule in [
        "{ if: [false, onn, \"off\"] }",
        "{ fractional: [[onn, 0], [\"off\", 1]] }",
    ] {
        assert_mistake(rule, Severity::Warning, "F013: `onn` is not a variant");
    }
    let text = "flags: { f: { variants: { \"true\": 1, \"false\": 0 }, targeting: { \"==\": [{ var: a }, 1] } } }";
    assert_eq!(evaluate::load(text, DocumentFormat::Yaml).1, []);
}
