//! The order of options and positional arguments, and the spellings of `--output`.

use crate::support::lint::directory_with_two_versions;
use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

/// Every order of the key, the paths and another option.
#[test]
fn key_may_stand_before_or_after_the_paths_of_flags() {
    let directory = directory_with_two_versions();
    directory.write(
        "more/flags.yaml",
        "flags: { a: { variants: { x: 1 }, defaultVariant: x } }",
    );
    // A directory with the name of a flag is not a flag path.
    directory.write("pay/readme.md", "");
    for command in ["eval", "explain", "get"] {
        let want = printed(
            &run_flagctl(directory.path(), &[command, "pay", "--flags", "old.yaml"]).stdout,
        )
        .to_owned();
        assert!(want.contains("pay"), "{want}");
        for order in [
            &["--flags", "old.yaml", "pay"][..],
            &["--flags=old.yaml", "pay"],
            &["--flags", "more", "old.yaml", "pay"],
            &["pay", "--flags", "more", "old.yaml"],
            &["--flags", "more", "pay", "--flags", "old.yaml"],
            &["--flags", "more", "--flags", "old.yaml", "pay"],
            &["--flags", "old.yaml", "--", "pay"],
            &["--flags", "old.yaml", "--quiet", "pay"],
            &["--quiet", "--flags", "old.yaml", "pay"],
            &["--flags", "old.yaml", "pay", "--color", "never"],
        ] {
            let arguments = [&[command], order].concat();
            let output = run_flagctl(directory.path(), &arguments);
            assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
            assert_eq!(printed(&output.stdout), want, "{arguments:?}");
        }
        for (order, reason) in [
            (&["--flags", "old.yaml"][..], "error: no flag key given"),
            (
                &["--flags", "old.yaml", "new.yaml"],
                "error: no flag key given",
            ),
            (&["--flags", "old.yaml", "more"], "error: no flag key given"),
            (
                &["--flags", "old.yaml", "a", "--flags", "new.yaml", "b"],
                "error: several flag keys",
            ),
        ] {
            let arguments = [&[command], order].concat();
            let output = run_flagctl(directory.path(), &arguments);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            assert!(printed(&output.stderr).starts_with(reason), "{output:?}");
        }
    }
}

#[test]
fn source_paths_may_stand_behind_the_paths_of_flags() {
    let directory = TempDir::new();
    directory.write(
        "flags/a.yaml",
        "flags: { a: { variants: { x: 1 }, defaultVariant: x } }",
    );
    directory.write(
        "more/b.yaml",
        "flags: { b: { variants: { x: 1 }, defaultVariant: x } }",
    );
    directory.write("web/app.ts", "useFlag('a', 1); useFlag('b', 1);");
    directory.write("web/package.json", "{}");
    for order in [
        &["web", "--flags", "flags", "more"][..],
        &["--flags", "flags", "more", "web"],
        &["--flags", "flags", "web", "--flags", "more"],
        &["--flags", "flags", "more", "--list", "web"],
        &["--flags=flags", "--flags=more", "web"],
    ] {
        let list: &[&str] = if order.contains(&"--list") {
            &["refs"]
        } else {
            &["refs", "--list"]
        };
        let arguments = [list, order].concat();
        let output = run_flagctl(directory.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        let want = "web/app.ts:1:9: a\nweb/app.ts:1:26: b\n";
        assert_eq!(printed(&output.stdout), want, "{arguments:?}");
    }
}

/// `-o`, `--output` and the hidden `--format` mean the same in every command, and `table` means `text`.
#[test]
fn output_is_spelled_alike_in_every_command() {
    let directory = directory_with_two_versions();
    directory.write("src/a.ts", "useFlag('pay', false)");
    for (command, format) in [
        (&["eval", "pay", "--flags", "old.yaml"][..], "text"),
        (&["explain", "pay", "--flags", "old.yaml"], "json"),
        (&["get", "pay", "--flags", "old.yaml"], "yaml"),
        (&["list", "--flags", "old.yaml"], "json"),
        (&["diff", "old.yaml", "new.yaml"], "markdown"),
        (&["compile", "old.yaml"], "yaml"),
        (&["lint", "old.yaml"], "json"),
        (&["refs", "src", "--flags", "old.yaml"], "sarif"),
        (&["refs", "src", "--flags", "old.yaml", "--list"], "json"),
    ] {
        let run = |option: &[&str]| {
            let output = run_flagctl(directory.path(), &[command, option].concat());
            assert_eq!(output.status.code(), Some(0), "{command:?}: {output:?}");
            printed(&output.stdout).to_owned()
        };
        let want = run(&["-o", format]);
        assert!(!want.is_empty(), "{command:?}");
        assert_eq!(run(&["--output", format]), want);
        assert_eq!(run(&["--format", format]), want);
        assert_eq!(run(&[&format!("--output={format}")]), want);
        let help = run(&["--help"]);
        assert!(help.contains("-o, --output <FORMAT>"), "{help}");
        assert!(!help.contains("--format"), "{help}");
    }
    for command in [
        &["eval", "pay", "--flags", "old.yaml"][..],
        &["explain", "pay", "--flags", "old.yaml"],
        &["get", "pay", "--flags", "old.yaml"],
        &["list", "--flags", "old.yaml"],
        &["diff", "old.yaml", "new.yaml"],
    ] {
        let run = |format: &str| {
            let output = run_flagctl(directory.path(), &[command, &["-o", format]].concat());
            printed(&output.stdout).to_owned()
        };
        assert_eq!(run("text"), run("table"), "{command:?}");
    }
}

#[test]
fn help_names_the_content_of_the_output() {
    let directory = TempDir::new();
    for (command, content) in [
        (
            "eval",
            "the OFREP response (value, key, reason, variant, metadata;",
        ),
        (
            "get",
            "the definition in flagd's format, with rollout fields expanded",
        ),
        ("list", "A faulty flag has an `errorCode` instead"),
        (
            "lint",
            "the findings as text, or in the format of a CI system",
        ),
    ] {
        let output = run_flagctl(directory.path(), &[command, "--help"]);
        let help = printed(&output.stdout).split_whitespace();
        let help = help.collect::<Vec<_>>().join(" ");
        assert!(help.contains(content), "{command}: {help}");
        let usage = format!("Usage: flagctl {command} [OPTIONS]");
        assert!(help.contains(&usage), "{command}: {help}");
    }
    for command in ["eval", "explain", "get"] {
        let output = run_flagctl(directory.path(), &[command, "-h"]);
        let usage = format!("Usage: flagctl {command} [OPTIONS] <KEY>");
        assert!(printed(&output.stdout).contains(&usage), "{output:?}");
    }
}
