//! Messages of the commands about one flag: its findings only, and a suggestion for a misspelt key.

use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

/// `good` has no finding, `typo` a warning, `bad` an error; `list.yaml` has a list, and a rule of its own.
const FLAGS: &str = "flags:\n  good: { variants: { \"on\": true }, defaultVariant: \"on\" }\n  \
     typo: { variants: { \"on\": true }, defaultVariant: \"on\", stat: ENABLED }\n  \
     bad: { variants: { \"on\": true }, defaultVariant: \"off\" }\n$evaluator: {}\n";
const LIST: &str = "flags:\n  - { key: one, variants: { a: 1 }, defaultVariant: a }\n  - key: two\n    \
     variants: { a: 1 }\n    defaultVariant: a\n    stat: x\n";

#[test]
fn findings_of_other_flags_are_not_printed() {
    let directory = TempDir::new();
    directory.write("flags.yaml", FLAGS);
    directory.write("list.yaml", LIST);
    for command in ["eval", "explain", "get"] {
        for (key, want) in [
            ("good", &[][..]),
            ("typo", &["flags.yaml:3:59: error: F008: "]),
            ("bad", &["flags.yaml:4:", "error: F007: "]),
            ("one", &[]),
            ("two", &["list.yaml:6:5: error: F008: "]),
        ] {
            let arguments = [command, key, "--flags", "flags.yaml", "list.yaml"];
            let output = run_flagctl(directory.path(), &arguments);
            let told = printed(&output.stderr);
            assert_eq!(
                told.lines().count(),
                want.len().min(1),
                "{arguments:?}: {told}"
            );
            assert!(
                want.iter().all(|part| told.contains(part)),
                "{arguments:?}: {told}"
            );
        }
    }
    let output = run_flagctl(directory.path(), &["list", "--flags", "."]);
    assert_eq!(printed(&output.stderr).lines().count(), 4, "{output:?}");
}

#[test]
fn misspelt_key_gets_a_suggestion() {
    let directory = TempDir::new();
    directory.write("flags.yaml", FLAGS);
    for command in ["eval", "explain", "get"] {
        for (key, want) in [
            ("god", "error: flag `god` not found: did you mean `good`?\n"),
            (
                "GOOD",
                "error: flag `GOOD` not found: did you mean `good`?\n",
            ),
            (
                "typos",
                "error: flag `typos` not found: did you mean `typo`?\n",
            ),
            ("checkout", "error: flag `checkout` not found\n"),
        ] {
            let output = run_flagctl(directory.path(), &[command, key, "--flags", "flags.yaml"]);
            assert_eq!(output.status.code(), Some(1), "{command} {key}");
            assert_eq!(printed(&output.stderr), want, "{command} {key}");
        }
    }
}
