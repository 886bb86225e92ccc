//! Lint rule on bucketing values that change between requests.

use crate::support::lint::assert_findings;
use crate::support::lint::findings_of_rule;
use crate::support::lint::help_of_rule;
use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

#[test]
fn unstable_bucketing_value_is_reported() {
    assert_findings(
        r#"{ fractional: [{ var: $flagd.timestamp }, ["on", 1], ["off", 99]] }"#,
        &[
            "5:31 F104 bucketing key of flag `f` is the time, a number, which is not a valid key: every context gets the \
             default variant `off` (with `--fractional v3`, the variant of a user changes every second)",
        ],
    );
    assert_findings(
        r#"{ if: [true, { fractional: [{ cat: [a, { var: [$flagd.timestamp] }] }, ["on", 1], ["off", 99]] }] }"#,
        &[
            "5:44 F104 bucketing key of flag `f` contains the time: the variant of a user changes every second",
        ],
    );
    for name in [
        "requestId",
        "request_id",
        "http.x-request-id",
        "random",
        "traceparent",
    ] {
        let rule = format!(r#"{{ fractional: [{{ var: {name} }}, ["on", 1], ["off", 99]] }}"#);
        let want = format!(
            "5:33 F104 bucketing key of flag `f` contains `{name}`, which differs for every request"
        );
        assert_eq!(findings_of_rule(&rule), [want]);
    }
    assert_findings(
        r#"{ fractional: [{ cat: [{ var: $flagd.flagKey }, "x"] }, ["on", 1], ["off", 99]] }"#,
        &["5:31 F105 bucketing key of flag `f` contains no attribute"],
    );
    assert_findings(
        r#"{ fractional: ["salt", ["on", 1], ["off", 99]] }"#,
        &["5:31 F105 bucketing key of flag `f` is the constant `salt`"],
    );
    assert_findings(r#"{ fractional: [["on", 1], ["off", 99]] }"#, &[]);
    let usual = "{ cat: [{ var: $flagd.flagKey }, { var: targetingKey }] }";
    assert_findings(
        &format!(r#"{{ fractional: [{usual}, ["on", 1], ["off", 99]] }}"#),
        &[],
    );
}

/// A bucketing key, and the finding for it.
const TIMES_AND_CONSTANTS: &str = r#"
{ cat: [a, { var: $flagd.timestamp }] } | F104 | contains the time: the variant of a user changes every second
{ cat: [{ var: $flagd.timestamp }, { var: userId }] } | F104 | contains the time: the variant of a user changes every second
{ substr: [{ cat: [a, { var: $flagd.timestamp }] }, 0, 4] } | F104 | contains the time: the variant of a user changes with time
{ "/": [{ var: $flagd.timestamp }, 86400] } | F104 | is the time, a number, which is not a valid key
email | F105 | is the constant `email`
5 | F105 | is a number, which is not a valid key: every context gets the default variant `off`
true | F105 | is a boolean, which is not a valid key: every context gets the default variant `off`
"#;

#[test]
fn finding_on_a_bucketing_key_states_its_effect() {
    for line in TIMES_AND_CONSTANTS.trim().lines() {
        let cells: Vec<&str> = line.split(" | ").collect();
        let [key, code, want] = cells[..] else {
            panic!("three cells: {line}");
        };
        let rule = format!(r#"{{ fractional: [{key}, ["on", 1], ["off", 99]] }}"#);
        let found = findings_of_rule(&rule).join("\n");
        let want = format!("{code} bucketing key of flag `f` {want}");
        assert!(found.contains(&want), "{line}: {found}");
    }
}

#[test]
fn constant_text_as_bucketing_key_gets_a_suggestion() {
    for (key, meant) in [
        ("email", Some("email")),
        ("user.id", Some("user.id")),
        ("tenant-id", Some("tenant-id")),
        ("a salt with spaces", None),
        ("2024", None),
    ] {
        let rule = format!(r#"{{ fractional: ["{key}", ["on", 10], ["off", 90]] }}"#);
        let help = help_of_rule(&rule, "F105");
        let wanted = meant.map(|name| format!("did you mean `{{ \"var\": \"{name}\" }}`?"));
        let wanted = wanted.as_deref();
        assert_eq!(help.contains("did you mean"), wanted.is_some(), "{help}");
        assert!(help.contains(wanted.unwrap_or_default()), "{help}");
    }
}

const SHARED: &str = r#"{ fractional: [{ cat: [{ var: $flagd.flagKey }, { var: tenant }] }, ["on", 5], ["off", 95]] }"#;

/// Conditions that exclude every context without `tenant`.
const GUARDS: [&str; 18] = [
    "{ var: tenant }",
    "{ '!!': [{ var: tenant }] }",
    "{ '!!': { var: tenant } }",
    "{ '!': [{ '!': [{ var: tenant }] }] }",
    "{ '!=': [{ var: tenant }, null] }",
    "{ '!==': [{ var: tenant }, null] }",
    "{ '!': [{ '==': [{ var: tenant }, null] }] }",
    "{ in: [{ var: tenant }, [acme, globex]] }",
    "{ '==': [{ var: tenant }, acme] }",
    "{ starts_with: [{ var: tenant }, a] }",
    "{ '>': [{ var: tenant }, a] }",
    "{ '!': [{ missing: [tenant] }] }",
    "{ '!': { missing: [tenant] } }",
    "{ '!': [{ missing: [tenant, plan] }] }",
    "{ '!': [{ missing_some: [1, [tenant]] }] }",
    "{ '!': [{ missing_some: [2, [tenant, plan]] }] }",
    "{ and: [{ '==': [{ var: plan }, pro] }, { var: tenant }] }",
    "{ or: [{ in: [{ var: tenant }, [acme]] }, { ends_with: [{ var: tenant }, x] }] }",
];

#[test]
fn guarded_concatenated_key_is_not_reported() {
    for guard in GUARDS {
        for rule in [
            format!("{{ if: [{guard}, {SHARED}] }}"),
            format!("{{ if: [{guard}, {SHARED}, \"on\"] }}"),
            format!("{{ if: [{{ '!': [{guard}] }}, \"on\", {SHARED}] }}"),
            format!("{{ and: [{guard}, {SHARED}] }}"),
            format!(
                "{{ if: [{{ and: [{guard}, {{ '==': [{SHARED}, \"on\"] }}] }}, \"on\", \"off\"] }}"
            ),
        ] {
            let found = findings_of_rule(&rule);
            assert!(
                !found.iter().any(|f| f.contains("F106")),
                "{rule}: {found:?}"
            );
        }
    }
}

#[test]
fn reachable_concatenated_key_without_its_attribute_is_reported() {
    for guard in [
        "{ var: plan }",
        "{ '!=': [{ var: tenant }, ''] }",
        "{ '!': [{ var: tenant }] }",
        "{ '!=': [{ var: tenant }, acme] }",
        "{ '!': [{ missing: [plan] }] }",
        "{ '!': [{ missing_some: [1, [tenant, plan]] }] }",
        "{ or: [{ var: tenant }, { var: plan }] }",
        "{ '%': [{ var: plan }, 2] }",
        "{ '<': [{ var: $flagd.timestamp }, 1900000000] }",
    ] {
        let rule = format!("{{ if: [{guard}, {SHARED}] }}");
        let found = findings_of_rule(&rule);
        let shared: Vec<_> = found.iter().filter(|f| f.contains("F106")).collect();
        assert_eq!(shared.len(), 1, "{rule}: {found:?}");
    }
    let help = help_of_rule(&format!("{{ if: [{{ var: plan }}, {SHARED}] }}"), "F106");
    assert!(help.contains("such a context is {\"plan\": "), "{help}");
}

#[test]
fn unstable_bucketing_value_fails_the_run() {
    let dir = TempDir::new();
    let text = r#"{"flags": {"f": {"variants": {"on": true, "off": false}, "defaultVariant": "off",
        "targeting": {"fractional": [{"var": "$flagd.timestamp"}, ["on", 1], ["off", 99]]}}}}"#;
    dir.write("flags.json", text);
    let output = run_flagctl(dir.path(), &["lint", "flags.json"]);
    assert_eq!(output.status.code(), Some(1));
    let output = run_flagctl(dir.path(), &["lint", "flags.json", "--fail-on", "never"]);
    assert_eq!(output.status.code(), Some(0));
}
