//! Stickiness violations of an edit, found by `lint --against` and `diff` before deployment.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::program::run_git;
use crate::support::temp_dir::TempDir;

fn document(members: &str) -> String {
    format!(
        "flags:\n  f:\n    variants: {{ \"on\": 1, \"off\": 0, beta: 2 }}\n    defaultVariant: \"off\"\n    {members}\n"
    )
}

/// A directory with the flags before and after an edit.
fn edit(old: &str, new: &str) -> TempDir {
    let directory = TempDir::new();
    for (name, members) in [("old.yaml", old), ("new.yaml", new)] {
        directory.write(name, document(members));
    }
    directory
}

const LINT: [&str; 6] = [
    "lint",
    "new.yaml",
    "--against",
    "old.yaml",
    "--today",
    "2026-06-05",
];

fn flagctl_json(directory: &Path, arguments: &[&str]) -> Value {
    let output = run_flagctl(directory, arguments);
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Returns the variant of a user.
fn variant(directory: &Path, file: &str, unit: &str) -> Value {
    let context = format!("{{\"targetingKey\":\"{unit}\"}}");
    let mut answer = flagctl_json(
        directory,
        &["eval", "f", "--flags", file, "--context", &context],
    );
    answer["variant"].take()
}

fn codes(findings: &Value) -> Vec<&str> {
    let findings = findings.as_array().expect("a list").iter();
    let codes = findings.filter_map(|finding| finding["code"].as_str());
    codes
        .filter(|code| ("F024".."F028").contains(code))
        .collect()
}

const VIOLATIONS: [(&str, &str, &str); 4] = [
    (
        "F024",
        "targeting: { fractional: [[\"on\", 5], [\"off\", 95]] }",
        "targeting: { fractional: [[\"off\", 90], [\"on\", 10]] }",
    ),
    (
        "F025",
        "targeting: { fractional: [[\"on\", 20], [\"off\", 80]] }",
        "targeting: { fractional: [[\"off\", 90], [\"on\", 10]] }",
    ),
    (
        "F026",
        "rollout: { variant: \"on\", percentage: 5 }",
        "rollout: { variant: beta, percentage: 5 }",
    ),
    (
        "F027",
        "rollout: { variant: \"on\", percentage: 5 }",
        "rollout: { variant: \"on\", percentage: 6, seed: other }",
    ),
];

#[test]
fn stickiness_violation_names_an_affected_user() {
    for (code, old, new) in VIOLATIONS {
        let directory = edit(old, new);
        let directory = directory.path();
        let said = flagctl_json(directory, &[&LINT[..], &["--format", "json"]].concat());
        assert!(codes(&said["findings"]).contains(&code), "{said}");
        let compared = flagctl_json(directory, &["diff", "old.yaml", "new.yaml", "-o", "json"]);
        assert_eq!(
            codes(&said["findings"]),
            codes(&compared["promises"]),
            "{compared}"
        );
        let told = compared["promises"].as_array().expect("a list").iter();
        for told in told {
            assert_eq!(
                (&told["file"], &told["line"]),
                (&"new.yaml".into(), &5.into()),
                "{told}"
            );
            let message = told["message"].as_str().expect("a message");
            let mut words = message.split('`').skip(1).step_by(2);
            let unit = words
                .find(|word| word.starts_with("user-"))
                .expect("somebody");
            assert_ne!(
                variant(directory, "old.yaml", unit),
                variant(directory, "new.yaml", unit),
                "{message}"
            );
        }
    }
}

#[test]
fn stickiness_violation_is_printed_and_sets_exit_status() {
    let (code, old, new) = VIOLATIONS[0];
    let directory = edit(old, new);
    let run = |arguments: &[&str]| run_flagctl(directory.path(), arguments);
    let table = run(&["diff", "old.yaml", "new.yaml"]);
    let told = "new.yaml:5:16: F024: `fractional` of flag `f` changes the share of `on` from 5 % to 10 % and takes it from `user-2`\n";
    let section =
        format!("\nSTICKINESS VIOLATIONS\n  {told}    help: list the growing variant first");
    assert!(
        printed(&table.stdout).contains(&section),
        "{}",
        printed(&table.stdout)
    );
    let page = run(&["diff", "old.yaml", "new.yaml", "-o", "markdown"]);
    let section =
        "\n## Stickiness violations\n\n- **F024** new.yaml:5:16: `fractional` of flag `f`";
    assert!(
        printed(&page.stdout).contains(section),
        "{}",
        printed(&page.stdout)
    );
    // F024 is a warning unless `.flagrc.yaml` sets another severity.
    assert_eq!(run(&LINT).status.code(), Some(0));
    assert_eq!(
        run(&[&LINT[..], &["--fail-on", "warning"]].concat())
            .status
            .code(),
        Some(1)
    );
    directory.write(".flagrc.yaml", format!("rules: {{ {code}: error }}\n"));
    assert_eq!(run(&LINT).status.code(), Some(1));
    let meant = document(&format!(
        "{new} # flag-lint: ignore F024 everybody was told"
    ));
    directory.write("new.yaml", meant);
    assert_eq!(run(&LINT).status.code(), Some(0));
}

#[test]
fn edit_without_stickiness_violation_is_not_reported() {
    for (old, new) in [
        (
            "rollout: { variant: \"on\", percentage: 5 }",
            "rollout: { variant: \"on\", percentage: 9 }",
        ),
        (
            "rollout: { variant: \"on\", percentage: 9 }",
            "rollout: { variant: \"on\", percentage: 5 }",
        ),
        (
            "rollout: { variant: \"on\", percentage: 5 }",
            "rollout: { variant: beta, percentage: 5 }\n    kill: true",
        ),
    ] {
        let directory = edit(old, new);
        let said = run_flagctl(directory.path(), &["diff", "old.yaml", "new.yaml"]);
        assert!(
            !printed(&said.stdout).contains("PROMISES"),
            "{}",
            printed(&said.stdout)
        );
        let compared = flagctl_json(
            directory.path(),
            &["diff", "old.yaml", "new.yaml", "-o", "json"],
        );
        assert_eq!(compared["promises"], Value::Array(Vec::new()));
        let said = flagctl_json(
            directory.path(),
            &[&LINT[..], &["--format", "json"]].concat(),
        );
        assert_eq!(codes(&said["findings"]), [""; 0], "{said}");
    }
}

/// The old flag may be in another file and in a git revision.
#[test]
fn edit_is_compared_with_a_git_revision() {
    let directory = TempDir::new();
    let flags = directory.path().join("flags");
    std::fs::create_dir(&flags).expect("a directory");
    let git = |arguments: &[&str]| run_git(directory.path(), arguments);
    let (code, old, new) = VIOLATIONS[3];
    std::fs::write(flags.join("a.yaml"), document(old)).expect("a file");
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "flags"]);
    std::fs::remove_file(flags.join("a.yaml")).expect("the file exists");
    std::fs::write(flags.join("b.yaml"), document(new)).expect("a file");
    let path = std::env::var("PATH").expect("a path");
    let lint = |old: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flagctl"));
        let command = command
            .env_clear()
            .env("PATH", &path)
            .current_dir(directory.path());
        let arguments = ["lint", "flags", "--against", old];
        command.args(arguments).output().expect("the program runs")
    };
    let output = lint("main:flags");
    let said = printed(&output.stdout);
    assert!(
        said.starts_with(&format!("flags/b.yaml:5:14: warning: {code}: ")),
        "{said}"
    );
    assert_eq!(output.status.code(), Some(0));
    for nothing in ["nowhere:flags", "gone.yaml"] {
        assert_eq!(lint(nothing).status.code(), Some(2), "{nothing}");
    }
}
