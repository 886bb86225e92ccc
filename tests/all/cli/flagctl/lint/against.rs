//! What an edit breaks of what the words promise is told before it is made, by `lint --against` and by `diff`.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::cli::flagctl::lint::configuration::flagctl;
use crate::cli::flagctl::lint::configuration::printed;

fn document(members: &str) -> String {
    format!(
        "flags:\n  f:\n    variants: {{ \"on\": 1, \"off\": 0, beta: 2 }}\n    defaultVariant: \"off\"\n    {members}\n"
    )
}

/// A directory with the flags before and after an edit.
fn edit(old: &str, new: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, members) in [("old.yaml", old), ("new.yaml", new)] {
        std::fs::write(directory.path().join(name), document(members)).expect("a file");
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

fn asked(directory: &Path, arguments: &[&str]) -> Value {
    let output = flagctl(directory, arguments);
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// What the flag answers to a unit.
fn variant(directory: &Path, file: &str, unit: &str) -> Value {
    let context = format!("{{\"targetingKey\":\"{unit}\"}}");
    let mut answer = asked(
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

const PLANTED: [(&str, &str, &str); 4] = [
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
    for (code, old, new) in PLANTED {
        let directory = edit(old, new);
        let directory = directory.path();
        let said = asked(directory, &[&LINT[..], &["--format", "json"]].concat());
        assert!(codes(&said["findings"]).contains(&code), "{said}");
        let compared = asked(directory, &["diff", "old.yaml", "new.yaml", "-o", "json"]);
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
    let (code, old, new) = PLANTED[0];
    let directory = edit(old, new);
    let run = |arguments: &[&str]| flagctl(directory.path(), arguments);
    let table = run(&["diff", "old.yaml", "new.yaml"]);
    let told = "new.yaml:5:16: F024: `fractional` of flag `f` changes the share of `on` from 5 % to 10 % and takes it from `user-2`\n";
    let section = format!("\nBROKEN PROMISES\n  {told}    help: what grows stands first");
    assert!(
        printed(&table.stdout).contains(&section),
        "{}",
        printed(&table.stdout)
    );
    let page = run(&["diff", "old.yaml", "new.yaml", "-o", "markdown"]);
    let section = "\n## Broken promises\n\n- **F024** new.yaml:5:16: `fractional` of flag `f`";
    assert!(
        printed(&page.stdout).contains(section),
        "{}",
        printed(&page.stdout)
    );
    // A warning, until the project says otherwise.
    assert_eq!(run(&LINT).status.code(), Some(0));
    assert_eq!(
        run(&[&LINT[..], &["--fail-on", "warning"]].concat())
            .status
            .code(),
        Some(1)
    );
    std::fs::write(
        directory.path().join(".flagrc.yaml"),
        format!("rules: {{ {code}: error }}\n"),
    )
    .expect("a file");
    assert_eq!(run(&LINT).status.code(), Some(1));
    let meant = document(&format!(
        "{new} # flag-lint: ignore F024 everybody was told"
    ));
    std::fs::write(directory.path().join("new.yaml"), meant).expect("a file");
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
        let said = flagctl(directory.path(), &["diff", "old.yaml", "new.yaml"]);
        assert!(
            !printed(&said.stdout).contains("PROMISES"),
            "{}",
            printed(&said.stdout)
        );
        let compared = asked(
            directory.path(),
            &["diff", "old.yaml", "new.yaml", "-o", "json"],
        );
        assert_eq!(compared["promises"], Value::Array(Vec::new()));
        let said = asked(
            directory.path(),
            &[&LINT[..], &["--format", "json"]].concat(),
        );
        assert_eq!(codes(&said["findings"]), [""; 0], "{said}");
    }
}

/// The flag may have moved to another file, and what it was may stand in a revision.
#[test]
fn edit_is_compared_with_a_git_revision() {
    let directory = tempfile::tempdir().expect("a directory");
    let flags = directory.path().join("flags");
    std::fs::create_dir(&flags).expect("a directory");
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let mut command = Command::new("git");
        let command = command.current_dir(directory.path()).args(identity);
        let output = command.args(arguments).output().expect("git runs");
        assert!(output.status.success(), "{output:?}");
    };
    let (code, old, new) = PLANTED[3];
    std::fs::write(flags.join("a.yaml"), document(old)).expect("a file");
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "flags"]);
    std::fs::remove_file(flags.join("a.yaml")).expect("it was there");
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
