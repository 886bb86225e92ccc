//! `flagctl lint`: what is found beyond what loading finds, how it is told, and how that is steered.

use std::path::Path;
use std::process::Command;
use std::process::Output;

use fanion::analysis::flag_file;
use fanion::analysis::flag_file::FlagFile;
use fanion::analysis::flag_file::RawFlagFile;
use fanion::analysis::lint;
use fanion::analysis::lint::flag::lifecycle;
use fanion::analysis::lint::policy::LintPolicy;
use fanion::analysis::lint::suppression::ignore_comment;
use fanion::diag::DiagnosticSink;
use fanion::document::yaml_parser;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use serde_json::Value;
use serde_json::json;

/// A policy as `.flagrc.yaml` has it, on a day of this year.
pub fn policy(text: &str) -> LintPolicy {
    let mut report = DiagnosticSink::new(".flagrc.yaml".into());
    let root = yaml_parser::parse(text, &mut report).expect("it is YAML");
    let policy = LintPolicy::from_node(&root, &mut report);
    assert_eq!(report.finish(), []);
    LintPolicy {
        today: lifecycle::parse_days_since_epoch("2026-11-21").expect("a date"),
        ..policy
    }
}

/// Files with these names and texts, later ones over earlier ones.
pub fn files(texts: &[(&str, &str)]) -> Vec<FlagFile> {
    let text = |(name, text): &(&str, &str)| RawFlagFile {
        name: (*name).into(),
        bytes: Ok((*text).into()),
    };
    flag_file::parse_files(
        texts.iter().map(text).collect(),
        FractionalVersion::default(),
    )
}

/// What is told of a document: place, code and message.
fn told(text: &str, policy: &LintPolicy) -> Vec<String> {
    let files = files(&[("flags.yaml", text)]);
    let mut found = lint::check(&files, policy);
    ignore_comment::remove_ignored(&files, &mut found);
    let told = found.iter().map(|d| {
        let place = d.position;
        format!(
            "{}:{} {} {}",
            place.line,
            place.column,
            d.code.id(),
            d.message
        )
    });
    told.collect()
}

/// What is told of a flag with two variants and this rule.
fn told_of(rule: &str) -> Vec<String> {
    let flag = "variants: { \"on\": true, \"off\": false }\n    defaultVariant: \"off\"";
    let text = format!("flags:\n  f:\n    {flag}\n    targeting: {rule}\n");
    told(&text, &policy("{}"))
}

fn check(rule: &str, want: &[&str]) {
    assert_eq!(told_of(rule), want, "{rule}");
}

pub fn flagctl(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flagctl"));
    let command = command.env_clear().current_dir(directory);
    command.args(arguments).output().expect("the program runs")
}

pub fn printed(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn naming_convention_is_enforced_with_a_suggestion() {
    let text =
        "flags:\n  new-checkout-flow: {}\n  enable_dark_mode: {}\n  FEATURE_enhanced_search: {}\n";
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("flags.yaml"), text).expect("a file");
    let config = "naming: kebab-case\nfailOn: warning\nflags: [flags.yaml]\n";
    std::fs::write(dir.path().join(".flagrc.yaml"), config).expect("a file");
    let output = flagctl(dir.path(), &["lint"]);
    assert_eq!(output.status.code(), Some(1));
    let said = printed(&output.stdout);
    assert_eq!(
        said,
        "flags.yaml:3:3: warning: F109: flag `enable_dark_mode` is not named in kebab-case\n  \
           help: call it `enable-dark-mode`\n\
         flags.yaml:4:3: warning: F109: flag `FEATURE_enhanced_search` is not named in kebab-case\n  \
           help: call it `feature-enhanced-search`\n"
    );
}

#[test]
fn naming_convention_applies_to_each_key_segment() {
    let policy = policy("naming: { convention: kebab-case, separator: \".\" }");
    let text = "flags:\n  checkout.payments.express-pay: {}\n  checkout.Payments.express: {}\n";
    let want = ["3:3 F109 flag `checkout.Payments.express` is not named in kebab-case"];
    assert_eq!(told(text, &policy), want);
}

#[test]
fn unstable_bucketing_value_is_reported() {
    check(
        r#"{ fractional: [{ var: $flagd.timestamp }, ["on", 1], ["off", 99]] }"#,
        &["5:31 F104 units are bucketed by the time: everyone changes variants every second"],
    );
    check(
        r#"{ if: [true, { fractional: [{ cat: [a, { var: [$flagd.timestamp] }] }, ["on", 1], ["off", 99]] }] }"#,
        &["5:44 F104 units are bucketed by the time: everyone changes variants every second"],
    );
    for name in [
        "requestId",
        "request_id",
        "http.x-request-id",
        "random",
        "traceparent",
    ] {
        let rule = format!(r#"{{ fractional: [{{ var: {name} }}, ["on", 1], ["off", 99]] }}"#);
        let want =
            format!("5:33 F104 units are bucketed by `{name}`, which differs with every request");
        assert_eq!(told_of(&rule), [want]);
    }
    check(
        r#"{ fractional: [{ cat: [{ var: $flagd.flagKey }, "x"] }, ["on", 1], ["off", 99]] }"#,
        &["5:31 F105 units are bucketed by a key that says nothing of them"],
    );
    check(
        r#"{ fractional: ["salt", ["on", 1], ["off", 99]] }"#,
        &["5:31 F105 units are bucketed by the constant `salt`"],
    );
    check(r#"{ fractional: [["on", 1], ["off", 99]] }"#, &[]);
    let usual = "{ cat: [{ var: $flagd.flagKey }, { var: targetingKey }] }";
    check(
        &format!(r#"{{ fractional: [{usual}, ["on", 1], ["off", 99]] }}"#),
        &[],
    );
}

#[test]
fn unstable_bucketing_value_fails_the_run() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = r#"{"flags": {"f": {"variants": {"on": true, "off": false}, "defaultVariant": "off",
        "targeting": {"fractional": [{"var": "$flagd.timestamp"}, ["on", 1], ["off", 99]]}}}}"#;
    std::fs::write(dir.path().join("flags.json"), text).expect("a file");
    let output = flagctl(dir.path(), &["lint", "flags.json"]);
    assert_eq!(output.status.code(), Some(1));
    let output = flagctl(dir.path(), &["lint", "flags.json", "--fail-on", "never"]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn flags_that_differ_only_by_ring_are_reported() {
    let text = "rings: { wave-a: {} }\nflags:\n  pay-internal: {}\n  pay-beta: {}\n  pay-wave-a: {}\n  \
                ship_ring0: {}\n  ship_ring-1: {}\n  lonely-beta: {}\n  beta: {}\n  pay: {}\n";
    let found = told(text, &policy("{}"));
    let found: Vec<&String> = found.iter().filter(|line| line.contains("F108")).collect();
    assert_eq!(
        found,
        [
            "3:3 F108 flag `pay-internal` differs from `pay-beta`, `pay-wave-a` by its ring only",
            "4:3 F108 flag `pay-beta` differs from `pay-internal`, `pay-wave-a` by its ring only",
            "5:3 F108 flag `pay-wave-a` differs from `pay-beta`, `pay-internal` by its ring only",
            "6:3 F108 flag `ship_ring0` differs from `ship_ring-1` by its ring only",
            "7:3 F108 flag `ship_ring-1` differs from `ship_ring0` by its ring only",
        ]
    );
}

#[test]
fn same_flag_in_two_files_is_not_a_family() {
    let text = "flags: { pay-beta: {} }";
    let files = files(&[("a.yaml", text), ("b.yaml", text)]);
    assert_eq!(lint::check(&files, &policy("{}")), []);
}

#[test]
fn invalid_remote_module_urls_are_reported_with_pointers() {
    let text = r#"{"flags": {"checkout-remote": {"variants": {
      "canary": {"remoteEntry": "http://cdn.example.com/2/remoteEntry.js"},
      "beta": {"remoteEntry": "https://cdn.example.org/3/remoteEntry.js"},
      "gamma": {"remoteEntry": "https://cdn.example.org/3/remoteEntry.js"}}}}}"#;
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("flags.json"), text).expect("a file");
    let config = "urls: { origins: [\"https://cdn.example.com\"] }\n";
    std::fs::write(dir.path().join(".flagrc.yaml"), config).expect("a file");
    let output = flagctl(dir.path(), &["lint", "--format", "json", "flags.json"]);
    assert_eq!(output.status.code(), Some(1));
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = said["findings"].as_array().expect("a list").iter();
    let found: Vec<Value> = findings
        .map(|f| json!([f["code"], f["severity"], f["pointer"]]))
        .collect();
    let variants = "/flags/checkout-remote/variants";
    assert_eq!(
        found,
        [
            json!(["F117", "error", format!("{variants}/canary")]),
            json!(["F114", "error", format!("{variants}/canary/remoteEntry")]),
            json!(["F115", "error", format!("{variants}/beta/remoteEntry")]),
            json!(["F115", "error", format!("{variants}/gamma/remoteEntry")]),
            json!(["F116", "error", format!("{variants}/gamma/remoteEntry")]),
        ]
    );
}

#[test]
fn lifecycle_metadata_is_validated() {
    let metadata = "owner: payments, createdAt: 2026-01-01, expectedCleanupDate: 2026-11-20, status: active, jiraTicket: PAY-1";
    let text = format!("flags:\n  f: {{ metadata: {{ {metadata} }} }}\n  g: {{}}\n");
    let all = policy("lifecycle: { require: [owner, created, expires, status, ticket] }");
    let found = told(&text, &all);
    assert_eq!(found.len(), 6, "{found:?}");
    assert_eq!(found[0], "2:81 F111 flag `f` expired on 2026-11-20");
    for (line, field) in found[1..]
        .iter()
        .zip(["created", "expires", "owner", "status", "ticket"])
    {
        assert_eq!(*line, format!("3:3 F110 flag `g` has no `{field}`"));
    }
    let text =
        "flags:\n  f: { metadata: { status: done, createdAt: soon, expires: 2026-11-21 } }\n";
    let want = [
        "2:28 F112 `status` of flag `f` is none that is known",
        "2:45 F112 `created` of flag `f` is no date",
    ];
    assert_eq!(told(text, &policy("{}")), want);
    let text = "metadata: { owner: all }\nflags:\n  f: {}\n";
    assert_eq!(
        told(text, &policy("lifecycle: { require: [owner] }")),
        [""; 0]
    );
}

#[test]
fn invalid_lifecycle_fields_are_reported() {
    let lifecycle = "{ owner: 5, onwer: a, kind: realease, ticket: null, status: done }";
    let text = format!(
        "flags:\n  f: {{ lifecycle: {lifecycle} }}\n  g: {{ lifecycle: a, metadata: {{ owner: a }} }}\n"
    );
    let want = [
        "2:3 F110 flag `f` has no `owner`",
        "2:28 F112 `owner` of flag `f` cannot be understood",
        "2:31 F008 `lifecycle` of flag `f` has no member `onwer`",
        "2:47 F112 `kind` of flag `f` cannot be understood",
        "2:79 F112 `status` of flag `f` is none that is known",
        "3:19 F112 `lifecycle` of flag `g` is a string",
    ];
    assert_eq!(told(&text, &policy("{}")), want);
}

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
        told(
            &format!("flags:\n{}", flags.collect::<String>()),
            &policy("{}"),
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
        let want = format!("F102 only few flags read `{odd}`, and more read `{usual}`");
        assert!(found[0].ends_with(&want), "{found:?}");
    }
    for (one, other) in [
        ("ring", "king"),
        ("line1", "line2"),
        ("tenant", "talent"),
        ("a", "b"),
    ] {
        assert_eq!(all(&[one, one, other]), [""; 0], "{one} {other}");
    }
}

#[test]
fn attribute_outside_the_configured_list_is_reported() {
    let text = "flags:\n  f:\n    variants: { a: 1 }\n    defaultVariant: a\n    \
                targeting: { if: [{ var: user.plan }, a, { var: cuontry }, a, { var: targetingKey }, a, a] }\n";
    let found = told(text, &policy("attributes: [user, country]"));
    assert!(found[0].contains("F107"), "{found:?}");
    assert_eq!(
        found[1..],
        ["5:53 F102 no caller sends the attribute `cuontry`"]
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
        let found = told_of(&format!(r#"{{ if: [{condition}, "on"] }}"#));
        assert_eq!(found.len(), 1, "{condition}: {found:?}");
        let want = format!("F103 a context without `{attribute}` meets this condition");
        assert!(found[0].ends_with(&want), "{found:?}");
    }
    for condition in [
        r#"{ ">=": [{ var: age }, 18] }"#,
        r#"{ "==": [{ var: country }, null] }"#,
        r#"{ "!": [{ var: country }] }"#,
        r#"{ and: [{ var: age }, { "<": [{ var: age }, 18] }] }"#,
        r#"{ and: [{ "!!": [{ var: age }] }, { or: [{ "<": [{ var: age }, 18] }, { ">": [{ var: age }, 60] }] }] }"#,
        r#"{ "<": [{ var: [age, 99] }, 18] }"#,
        r#"{ "<": [{ var: $flagd.timestamp }, 18] }"#,
        r#"{ sem_ver: [{ var: version }, "!=", 2.3.4] }"#,
    ] {
        check(&format!(r#"{{ if: [{condition}, "on"] }}"#), &[]);
    }
}

#[test]
fn constant_rule_is_reported() {
    let over = "5:16 F107 the rule of flag `f` gives everyone `on`";
    check(r#"{ fractional: [["on", 100], ["off", 0]] }"#, &[over]);
    check(
        r#"{ if: [{ in: [{ var: ring }, [beta]] }, "on", "on"] }"#,
        &[over],
    );
    let never = "5:16 F107 the rule of flag `f` gives everyone `off`";
    check(
        r#"{ if: [{ in: [{ var: ring }, [beta]] }, { fractional: [["on", 0], ["off", 100]] }] }"#,
        &[never],
    );
    check(
        r#"{ if: [{ in: [{ var: ring }, [beta]] }, "on", { fractional: [["on", 0], ["off", 100]] }] }"#,
        &[],
    );
}

#[test]
fn finished_rollout_is_reported_unless_killed() {
    let text = |words: &str| {
        format!(
            "flags:\n  f:\n    variants: {{ \"on\": 1, \"off\": 0 }}\n    defaultVariant: \"off\"\n    {words}\n"
        )
    };
    for (words, want) in [
        ("rollout: { variant: \"on\", percentage: 100 }", "on"),
        ("rollout: { variant: \"on\", percentage: 0 }", "off"),
    ] {
        let want = format!("5:14 F107 the rule of flag `f` gives everyone `{want}`");
        assert_eq!(told(&text(words), &policy("{}")), [want]);
    }
    for words in [
        "rollout: { variant: \"on\", percentage: 100 }\n    kill: true",
        "targeting: { fractional: [[\"on\", 100], [\"off\", 0]] }\n    kill: true",
        "rollout: { variant: \"on\", percentage: 0, rings: [beta] }",
        "rollout: { variant: \"on\", percentage: 100, deny: [a] }",
        "rollout: { variant: \"on\", ramp: { from: 2026-06-01, to: 2026-06-09 } }",
    ] {
        assert_eq!(told(&text(words), &policy("{}")), [""; 0], "{words}");
    }
}

#[test]
fn ignore_comment_suppresses_a_finding() {
    let text = "flags:\n  # flag-lint: ignore F104 the demo flickers on purpose\n  f:\n    variants: { a: 1, b: 2 }\n    \
                targeting: { fractional: [{ var: requestId }, [a, 1], [b, 1]] }\n  \
                g:\n    variants: { a: 1, b: 2 }\n    \
                targeting: { fractional: [{ var: requestId }, [a, 1], [b, 1]] } # flag-lint: ignore F104, F107\n  \
                h:\n    variants: { a: 1, b: 2 }\n    \
                targeting: { fractional: [{ var: requestId }, [a, 1], [b, 1]] } # flag-lint: ignore this\n";
    let want = [
        "11:33 F104 units are bucketed by `requestId`, which differs with every request",
        "8:69 F130 nothing here is F107",
        "11:69 F130 the comment names no code to ignore",
    ];
    assert_eq!(told(text, &policy("{}")), want);
}

#[test]
fn load_errors_cannot_be_suppressed() {
    let text = "flags:\n  f: { variants: { a: 1 }, defaultVariant: b } # flag-lint: ignore F007\n";
    let want = ["2:3 F007 `b` is not a variant of flag `f`"];
    assert_eq!(told(text, &policy("rules: { F007: off }")), want);
}

#[test]
fn configured_severity_overrides_the_default() {
    let text = "flags:\n  pay-beta: {}\n  pay-ga: { stat: x }\n";
    let policy = policy("rules: { F108: off, f008: error }");
    let files = files(&[("flags.yaml", text)]);
    let found = lint::check(&files, &policy);
    let (errors, warnings) = lint::count_errors_and_warnings(&found);
    assert_eq!((errors, warnings), (1, 0), "{found:?}");
}

#[test]
fn flagrc_is_found_in_parent_and_errors_have_positions() {
    let dir = tempfile::tempdir().expect("a directory");
    let deep = dir.path().join("a/b");
    std::fs::create_dir_all(&deep).expect("directories");
    std::fs::create_dir(dir.path().join("flags")).expect("a directory");
    std::fs::write(dir.path().join("flags/x.yaml"), "flags: { a_b: {} }\n").expect("a file");
    for (name, text, place) in [
        (".flagrc.yaml", "flags: [flags]\nnamin: kebab-case\n", "2:1"),
        (
            ".flagrc.json",
            "{\"flags\": [\"flags\"],\n \"namin\": \"kebab-case\"}",
            "2:2",
        ),
        (
            ".flagrc.toml",
            "flags = [\"flags\"]\nnamin = \"kebab-case\"\n",
            "2:1",
        ),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("a file");
        let output = flagctl(&deep, &["lint"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let want = format!(
            "../../{name}:{place}: error: F131: there is no setting `namin`\n  help: did you mean `naming`?\n"
        );
        assert_eq!(printed(&output.stdout), want);
        std::fs::write(&path, text.replace("namin", "naming")).expect("a file");
        let output = flagctl(&deep, &["lint", "--fail-on", "warning"]);
        assert_eq!(output.status.code(), Some(1));
        let said = printed(&output.stdout);
        assert!(
            said.starts_with("../../flags/x.yaml:1:10: warning: F109: "),
            "{said}"
        );
        std::fs::remove_file(&path).expect("it was there");
    }
    let output = flagctl(&deep, &["lint"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(printed(&output.stderr).contains("no flag files are named"));
}

#[test]
fn all_flagrc_errors_are_reported() {
    let text = "naming: kebab\nlifecycle: { require: [ownr] }\nurls: { origins: [cdn.example.com, \"https://a/b\"] }\n\
                rules: { F999: off, F108: of }\nfailOn: [error]\nattributes: 3\nrefs: { paths: [src], pattern: x }\nrings: ['']\n";
    let mut report = DiagnosticSink::new("c".into());
    let root = yaml_parser::parse(text, &mut report).expect("it is YAML");
    LintPolicy::from_node(&root, &mut report);
    let found = report.finish();
    let lines: Vec<u32> = found.iter().map(|d| d.position.line).collect();
    assert_eq!(lines, [1, 2, 3, 3, 4, 4, 5, 6, 7, 8], "{found:?}");
}

#[test]
fn baseline_hides_known_findings() {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |text: &str| std::fs::write(dir.path().join("f.yaml"), text).expect("a file");
    let lint = |more: &[&str]| {
        let arguments = [
            &[
                "lint",
                "f.yaml",
                "--fail-on",
                "warning",
                "--baseline",
                "known.json",
            ],
            more,
        ]
        .concat();
        flagctl(dir.path(), &arguments)
    };
    write("flags:\n  f: { stat: 1 }\n");
    assert_eq!(lint(&[]).status.code(), Some(2), "there is no baseline");
    assert_eq!(lint(&["--write-baseline"]).status.code(), Some(0));
    let output = lint(&[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(printed(&output.stderr).contains("1 more in the baseline"));
    write("flags:\n\n  g: { stat: 1 }\n  f: { stat: 1 }\n");
    let output = lint(&[]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "the same mistake once more is news"
    );
    assert_eq!(printed(&output.stdout).matches("F008").count(), 1);
    std::fs::write(dir.path().join("known.json"), "[]").expect("a file");
    assert_eq!(lint(&[]).status.code(), Some(2), "this is no baseline");
}

#[test]
fn explain_option_prints_the_page_of_a_code() {
    let here = Path::new(".");
    let output = flagctl(here, &["lint", "--explain", "f103"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(printed(&output.stdout).starts_with("# F103: "));
    let output = flagctl(here, &["lint", "--explain", "all"]);
    assert!(printed(&output.stdout).lines().count() > 30);
    assert_eq!(
        flagctl(here, &["lint", "--explain", "F999"]).status.code(),
        Some(2)
    );
}

#[test]
fn unreadable_files_are_reported_as_findings() {
    let output = flagctl(Path::new("."), &["lint", "nowhere.yaml", "Cargo.toml"]);
    assert_eq!(output.status.code(), Some(1));
    let said = printed(&output.stdout);
    assert_eq!(said.matches("error: F015: ").count(), 2, "{said}");
}

#[test]
fn example_flags_lint_without_findings() {
    let flags = concat!(env!("CARGO_MANIFEST_DIR"), "/flags");
    // On a day when none of them has expired.
    let arguments = ["lint", ".", "--fail-on", "warning", "--today", "2026-06-15"];
    let output = flagctl(Path::new(flags), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output.stdout));
}
