//! `flagctl refs` and `flag-lint check`: flags in source code, against the flag files.

pub mod sdk_calls;

use std::path::Path;
use std::process::Command;
use std::process::Output;

use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::temp_dir::TempDir;

fn write(directory: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        std::fs::write(path, text).expect("a file");
    }
}

const FLAGS: &str = "flags:\n  new-checkout-flow: { variants: { a: 1 }, defaultVariant: a }\n  \
     old-search: { variants: { a: 1 }, defaultVariant: a, metadata: { status: archived } }\n  \
     forgotten: { variants: { a: 1 }, defaultVariant: a }\n  \
     computed-key: { variants: { a: 1 }, defaultVariant: a }\n";

fn flag_lint(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flag-lint"));
    let command = command.env_clear().current_dir(directory);
    command.args(arguments).output().expect("the program runs")
}

#[test]
fn unknown_and_archived_keys_in_code_fail_the_run() {
    let dir = TempDir::new();
    write(
        dir.path(),
        &[
            ("flags.yaml", FLAGS),
            (
                "src/a.tsx",
                "const on = useFeatureFlag(\"new-checkout-flow\");\nconst no = useFeatureFlag(\"new-chekout-flow\");\n",
            ),
            (
                "src/b.ts",
                "if (flags.isEnabled(\"old-search\")) {}\nif (flags.isEnabled('nothing-like-it')) {}\n",
            ),
            (
                "src/c.py",
                "KEY = 'computed-key'\nclient.get_boolean_value(KEY, False)\n",
            ),
            (
                ".flagrc.json",
                "{\"flags\": [\"flags.yaml\"], \"refs\": {\"paths\": [\"src\"]}}",
            ),
        ],
    );
    let output = flag_lint(dir.path(), &["check", "--config", ".flagrc.json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let want = "src/a.tsx:2:27: error: F120: flag `new-chekout-flow` is not defined\n  help: did you mean `new-checkout-flow`?\n\
        src/b.ts:1:21: error: F121: flag `old-search` is archived\n  help: replace the call with the final value of the flag, then remove the flag\n\
        src/b.ts:2:21: error: F120: flag `nothing-like-it` is not defined\n  help: the call always returns its default value; define the flag or remove the call\n\
        flags.yaml:4:3: warning: F122: flag `forgotten` is unused: no source file contains its key\n  help: remove the flag if nothing else uses it\n";
    assert_eq!(printed(&output.stdout), want);
    let output = run_flagctl(dir.path(), &["refs", "src", "--flags", "flags.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(printed(&output.stdout), want);
    write(
        dir.path(),
        &[
            ("src/a.tsx", "useFeatureFlag(\"new-checkout-flow\")"),
            ("src/b.ts", ""),
        ],
    );
    assert_eq!(flag_lint(dir.path(), &["check"]).status.code(), Some(0));
    let output = flag_lint(dir.path(), &["check", "--fail-on", "warning"]);
    assert_eq!(output.status.code(), Some(1), "unused flags fail the check");
}

#[test]
fn ignored_generated_and_binary_files_are_skipped() {
    let dir = TempDir::new();
    let call = "useFeatureFlag(\"missing\")";
    write(
        dir.path(),
        &[
            ("flags/f.yaml", FLAGS),
            (".gitignore", "dist/\n"),
            (".ignore", "*.gen.ts\n"),
            ("dist/a.js", call),
            ("a.gen.ts", call),
            ("notes.md", call),
            ("binary.js", &format!("\0{call}")),
            ("vendored/deep/a.js", call),
            ("named.txt", call),
            ("good.ts", "useFeatureFlag(\"new-checkout-flow\")"),
            (
                ".flagrc.yaml",
                "flags: [flags]\nrefs: { ignore: [\"vendored/**\"] }\nrules: { F122: off }\n",
            ),
        ],
    );
    let output = run_flagctl(dir.path(), &["refs"]);
    assert_eq!(output.status.code(), Some(0), "{}", printed(&output.stdout));
    let output = run_flagctl(dir.path(), &["refs", "named.txt"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "a file that is named explicitly is scanned"
    );
    assert_eq!(
        run_flagctl(dir.path(), &["refs", "nowhere"]).status.code(),
        Some(2)
    );
}

#[test]
fn custom_call_patterns_are_matched_and_listed() {
    let dir = TempDir::new();
    write(
        dir.path(),
        &[
            ("f.yaml", FLAGS),
            (
                "a.js",
                "gate.open(user, 'forgotten');\nisOn(`old-search`);\nisOn(`what-${else}`);\n",
            ),
            (
                ".flagrc.yaml",
                "refs: { patterns: [\"gate.open(_, KEY)\"] }\n",
            ),
        ],
    );
    let arguments = [
        "refs",
        "a.js",
        "--flags",
        "f.yaml",
        "--pattern",
        "isOn(KEY)",
        "--list",
    ];
    let output = run_flagctl(dir.path(), &arguments);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        printed(&output.stdout),
        "a.js:1:17: forgotten\na.js:2:6: old-search\n"
    );
    let output = run_flagctl(
        dir.path(),
        &["refs", "a.js", "--flags", "f.yaml", "--pattern", "isOn"],
    );
    assert_eq!(output.status.code(), Some(2));
    write(
        dir.path(),
        &[(".flagrc.yaml", "refs: { patterns: [\"isOn\"] }\n")],
    );
    let output = run_flagctl(dir.path(), &["refs", "a.js", "--flags", "f.yaml"]);
    assert!(
        printed(&output.stdout).starts_with(".flagrc.yaml:1:20: error: F131: "),
        "{output:?}"
    );
}

#[test]
fn invalid_flag_files_fail_the_run() {
    let dir = TempDir::new();
    write(dir.path(), &[("f.yaml", "flags: [\n"), ("a.js", "")]);
    let output = run_flagctl(dir.path(), &["refs", "a.js", "--flags", "f.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        printed(&output.stdout).contains("error: F001: "),
        "{output:?}"
    );
}
