//! Lint rule on bucketing values that change between requests.

use crate::support::lint::assert_findings;
use crate::support::lint::findings_of_rule;
use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

#[test]
fn unstable_bucketing_value_is_reported() {
    assert_findings(
        r#"{ fractional: [{ var: $flagd.timestamp }, ["on", 1], ["off", 99]] }"#,
        &[
            "5:31 F104 bucketing key of flag `f` contains the time: the variant of a user changes every second",
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
