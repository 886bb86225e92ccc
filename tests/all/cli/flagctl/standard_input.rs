//! `-` in place of a file.

use serde_json::Value;

use crate::support::lint::pay_flag;
use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::program::run_flagctl_with_input;
use crate::support::temp_dir::TempDir;

#[test]
fn flags_are_read_from_standard_input() {
    let directory = TempDir::new();
    directory.write("pay.yaml", pay_flag(30));
    directory.write("a.ts", "useFlag('pay', false)");
    let compiled = run_flagctl(directory.path(), &["compile", "pay.yaml"]);
    let json = printed(&compiled.stdout).to_owned();
    for text in [&pay_flag(30), &json] {
        for command in [
            &["eval", "pay", "--flags", "FILE"][..],
            &["eval", "--flags", "FILE", "pay"],
            &["get", "pay", "--flags", "FILE"],
            &["list", "--flags", "FILE"],
            &["compile", "FILE"],
            &["lint", "FILE"],
            &["lint", "pay.yaml", "--against", "FILE"],
            &["diff", "FILE", "pay.yaml"],
            &["diff", "pay.yaml", "FILE"],
            &["refs", "a.ts", "--flags", "FILE"],
        ] {
            let words = |file: &'static str| -> Vec<&str> {
                let words = command.iter();
                words
                    .map(|word| if *word == "FILE" { file } else { word })
                    .collect()
            };
            let piped = run_flagctl_with_input(directory.path(), &words("-"), text);
            let named = run_flagctl(directory.path(), &words("pay.yaml"));
            assert_eq!(piped.status.code(), Some(0), "{command:?}: {piped:?}");
            // The findings of `lint` have positions, which depend on the format.
            if command[0] != "lint" {
                assert_eq!(piped.stdout, named.stdout, "{command:?}");
            }
        }
    }
}

#[test]
fn findings_in_standard_input_have_positions() {
    let directory = TempDir::new();
    for (text, want) in [
        ("flags:\n  - [\n", "F001"),
        ("{\"flags\": ]}", "F001"),
        ("flags: { f: 3 }", "F006"),
        ("", "F002"),
    ] {
        let output = run_flagctl_with_input(directory.path(), &["lint", "-"], text);
        assert_eq!(output.status.code(), Some(1), "{text}");
        let told = printed(&output.stdout);
        assert!(told.starts_with("<stdin>:"), "{text}: {told}");
        assert!(
            told.contains(&format!(": error: {want}: ")),
            "{text}: {told}"
        );
    }
}

#[test]
fn context_and_code_are_read_from_standard_input() {
    let directory = TempDir::new();
    directory.write("pay.yaml", pay_flag(100));
    let context = r#"{"country":"DE","targetingKey":"u"}"#;
    for argument in ["-", "@-"] {
        let arguments = ["eval", "pay", "--flags", "pay.yaml", "--context", argument];
        let output = run_flagctl_with_input(directory.path(), &arguments, context);
        let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(answer["variant"], "on");
    }
    let arguments = ["refs", "-", "--flags", "pay.yaml", "--list"];
    let output = run_flagctl_with_input(directory.path(), &arguments, "useFlag('pay', 1)");
    assert_eq!(printed(&output.stdout), "<stdin>:1:9: pay\n");
}

#[test]
fn standard_input_is_read_for_one_argument_only() {
    let directory = TempDir::new();
    directory.write("pay.yaml", pay_flag(100));
    for arguments in [
        &["eval", "pay", "--flags", "-", "--context", "-"][..],
        &["explain", "pay", "--flags", "-", "--context", "@-"],
        &["diff", "-", "-"],
        &["lint", "-", "--against", "-"],
        &["lint", "-", "-"],
        &["compile", "-", "-"],
        &["refs", "-", "--flags", "-"],
    ] {
        let output = run_flagctl_with_input(directory.path(), arguments, &pay_flag(1));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        let told = printed(&output.stderr);
        assert!(
            told.contains("standard input (`-`) can be read once"),
            "{told}"
        );
    }
}
