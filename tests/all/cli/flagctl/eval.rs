//! `flagctl eval` on flag files.

use std::path::Path;

use serde_json::Value;
use serde_json::json;

use crate::support::lint::directory_with_two_versions;
use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::program::run_flagctl_with_env;

#[test]
fn eval_prints_json_table_and_yaml() {
    let directory = directory_with_two_versions();
    let eval = |form: &str| {
        let arguments = [
            "eval",
            "pay",
            "--flags",
            "old.yaml",
            "--context",
            r#"{"country":"FR"}"#,
            "-o",
            form,
        ];
        let output = run_flagctl_with_env(directory.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        printed(&output.stdout).to_owned()
    };
    let answer: Value = serde_json::from_str(&eval("json")).expect("JSON");
    assert_eq!(answer["variant"], "off");
    assert_eq!(
        eval("table"),
        "KEY   VARIANT   VALUE   REASON\npay   off       false   TARGETING_MATCH\n"
    );
    let yaml = "value: false\nkey: pay\nreason: TARGETING_MATCH\nvariant: \"off\"\nmetadata: {}\n";
    assert_eq!(eval("yaml"), yaml);
}

#[test]
fn context_is_read_from_a_file() {
    let directory = directory_with_two_versions();
    std::fs::write(
        directory.path().join("c.json"),
        r#"{"country": "DE", "targetingKey": "u"}"#,
    )
    .expect("a file");
    let arguments = [
        "explain",
        "pay",
        "--flags",
        "old.yaml",
        "--context",
        "@c.json",
        "-o",
        "json",
    ];
    let output = run_flagctl_with_env(directory.path(), &arguments);
    let told: Value = serde_json::from_str(printed(&output.stdout)).expect("JSON");
    let branch = &told["trace"][0];
    assert_eq!(branch["operator"], "if");
    assert_eq!(branch["steps"][0]["saw"], json!({"country": "DE"}));
    assert_eq!(branch["steps"][0]["at"], "old.yaml:8:11");
    assert_eq!(branch["steps"][1]["bucket"]["key"], "payu");
}

#[test]
fn eval_reads_flag_files_without_a_server() {
    let flags = concat!(env!("CARGO_MANIFEST_DIR"), "/flags");
    let eval = |key: &str, context: &str| {
        let arguments = [
            "eval",
            key,
            "--flags",
            flags,
            "--context",
            context,
            "-o",
            "json",
        ];
        run_flagctl(Path::new("."), &arguments)
    };
    let output = eval("mobile.sync.protocol", r#"{"version": "2.1.0"}"#);
    assert_eq!(output.status.code(), Some(0));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["value"], "v2");
    let output = eval("no.such.flag", "{}");
    assert_eq!(output.status.code(), Some(1));
    assert!(printed(&output.stdout).contains("FLAG_NOT_FOUND"));
    assert_eq!(eval("mobile.sync.protocol", "[1").status.code(), Some(2));
}
