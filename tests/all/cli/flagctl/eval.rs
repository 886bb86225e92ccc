//! What `flagctl` prints, and how it ends.

use std::path::Path;
use std::process::Command;
use std::process::Output;

use fanion::serve::ServeConfig;
use fanion::serve::admin::debug::DebugAccess;
use fanion::serve::admin::debug::DebugConfig;
use serde_json::Value;
use serde_json::json;

use crate::support::server;

fn run_in(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flagctl"));
    command.current_dir(directory).args(arguments);
    command.output().expect("the program runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

fn document(percent: u32) -> String {
    format!(
        "flags:\n  pay:\n    state: ENABLED\n    variants: {{ 'on': true, 'off': false }}\n    defaultVariant: 'off'\n    targeting:\n      if:\n        - '==': [{{ var: country }}, DE]\n        - fractional: [['on', {percent}], ['off', {}]]\n        - 'off'\n",
        100 - percent
    )
}

fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("old.yaml"), document(1)).expect("a file");
    std::fs::write(directory.path().join("new.yaml"), document(5)).expect("a file");
    directory
}

/// Every command in docs/flagctl.md prints what stands below it.
#[test]
fn documented_commands_print_documented_output() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/flagctl.md")).expect("the page");
    let directory = tempfile::tempdir().expect("a directory");
    let flags = directory.path().join("flags");
    std::fs::create_dir(&flags).expect("a directory");
    for file in std::fs::read_dir(root.join("flags")).expect("flags") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), flags.join(file.file_name())).expect("a copy");
    }
    let programs = Path::new(env!("CARGO_BIN_EXE_flagctl"))
        .parent()
        .expect("a directory");
    let path = format!(
        "{}:{}",
        programs.display(),
        std::env::var("PATH").expect("a path")
    );
    let mut count = 0;
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().expect("a block");
        for part in format!("\n{block}").split("\n$ ").skip(1) {
            let (command, want) = part.split_once('\n').unwrap_or((part, ""));
            let mut shell = Command::new("bash");
            shell.current_dir(directory.path()).env("PATH", &path);
            let output = shell.args(["-c", command]).output().expect("a shell");
            assert!(
                output.status.success(),
                "{command}: {}",
                text(&output.stderr)
            );
            // A command whose output is left out on the page has some all the same.
            let said = text(&output.stdout).trim_end();
            if want.trim().is_empty() {
                assert!(
                    !said.is_empty() || command.starts_with("mkdir") || command.starts_with("sed"),
                    "{command}"
                );
            } else {
                assert_eq!(said, want.trim_end(), "{command}");
            }
            count += 1;
        }
    }
    assert!(count >= 4, "{count}");
}

#[test]
fn eval_prints_json_table_and_yaml() {
    let directory = directory();
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
        let output = run_in(directory.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        text(&output.stdout).to_owned()
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
fn exit_status_distinguishes_findings_from_errors() {
    let directory = directory();
    let code = |arguments: &[&str]| run_in(directory.path(), arguments).status.code();
    assert_eq!(code(&["eval", "none", "--flags", "old.yaml"]), Some(1));
    assert_eq!(code(&["explain", "none", "--flags", "old.yaml"]), Some(1));
    assert_eq!(code(&["explain", "pay", "--flags", "old.yaml"]), Some(0));
    assert_eq!(code(&["eval", "pay", "--flags", "missing.yaml"]), Some(2));
    assert_eq!(
        code(&["eval", "pay", "--flags", "old.yaml", "--context", "[]"]),
        Some(2)
    );
    assert_eq!(code(&["diff", "old.yaml", "new.yaml"]), Some(0));
    assert_eq!(
        code(&["diff", "old.yaml", "new.yaml", "--exit-code"]),
        Some(1)
    );
    assert_eq!(
        code(&["diff", "old.yaml", "old.yaml", "--exit-code"]),
        Some(0)
    );
    assert_eq!(code(&["diff", "old.yaml", "none:new.yaml"]), Some(2));
}

#[test]
fn context_is_read_from_a_file() {
    let directory = directory();
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
    let output = run_in(directory.path(), &arguments);
    let told: Value = serde_json::from_str(text(&output.stdout)).expect("JSON");
    let branch = &told["trace"][0];
    assert_eq!(branch["operator"], "if");
    assert_eq!(branch["steps"][0]["saw"], json!({"country": "DE"}));
    assert_eq!(branch["steps"][0]["at"], "old.yaml:8:11");
    assert_eq!(branch["steps"][1]["bucket"]["key"], "payu");
}

#[test]
fn diff_examples_change_variant_when_evaluated() {
    let directory = directory();
    let output = run_in(
        directory.path(),
        &["diff", "old.yaml", "new.yaml", "-o", "json"],
    );
    let told: Value = serde_json::from_str(text(&output.stdout)).expect("JSON");
    let transition = &told["flags"][0]["cells"][0]["transitions"][0];
    assert!((transition["percent"].as_f64().expect("a number") - 4.0).abs() < 1e-6);
    let examples = transition["examples"].as_array().expect("examples");
    assert_eq!(examples.len(), 3);
    for example in examples {
        let context = example["context"].to_string();
        for (file, want) in [("old.yaml", "off"), ("new.yaml", "on")] {
            let output = run_in(
                directory.path(),
                &["eval", "pay", "--flags", file, "--context", &context],
            );
            let answer: Value = serde_json::from_str(text(&output.stdout)).expect("JSON");
            assert_eq!(answer["variant"], want, "{context}");
        }
    }
}

#[test]
fn diff_compares_git_revisions() {
    let directory = tempfile::tempdir().expect("a directory");
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let mut command = Command::new("git");
        command
            .current_dir(directory.path())
            .args(identity)
            .args(arguments);
        let output = command.output().expect("git runs");
        assert!(output.status.success(), "{output:?}");
    };
    git(&["init", "-q", "-b", "main"]);
    let flags = directory.path().join("flags");
    std::fs::create_dir(&flags).expect("a directory");
    for (percent, tag) in [(1, "v1"), (5, "v2")] {
        std::fs::write(flags.join("pay.yaml"), document(percent)).expect("a file");
        git(&["add", "."]);
        git(&["commit", "-q", "-m", tag]);
        git(&["tag", tag]);
    }
    std::fs::write(flags.join("pay.yaml"), document(7)).expect("a file");
    let told = |arguments: &[&str]| {
        let output = run_in(directory.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        text(&output.stdout).to_owned()
    };
    for arguments in [
        &["diff", "--git", "v1..v2", "flags"][..],
        &["diff", "v1:flags", "v2:flags"],
        &["diff", "v1:flags/pay.yaml", "v2:flags/pay.yaml"],
    ] {
        assert!(told(arguments).contains("off→on 4.00 %"), "{arguments:?}");
    }
    assert!(told(&["diff", "v2:flags", "flags"]).contains("off→on 2.00 %"));
    assert!(
        told(&["diff", "v1:flags", "flags", "-o", "markdown"])
            .contains("| off→on 6.00 % | country == \"DE\" |")
    );
}

/// What a question to a replica and to its files is answered, with exit codes.
async fn asked_alike(arguments: &[&str]) -> [(Output, Value); 2] {
    let directory = tempfile::tempdir().expect("a directory");
    let flags = directory.path().join("flags.yaml");
    std::fs::write(&flags, document(30)).expect("a file");
    let debugging = DebugConfig {
        access: DebugAccess::Open,
        replica: "pod-7".into(),
        ..DebugConfig::default()
    };
    let settings = ServeConfig {
        debug: debugging,
        ..ServeConfig::default()
    };
    let server = server::start_with(&flags, settings).await;
    let url = format!("http://127.0.0.1:{}", server.management);
    let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
    let asked = tokio::task::spawn_blocking(move || {
        let from = [["--replica", &url], ["--flags", "flags.yaml"]];
        from.map(|from| {
            let words = arguments.iter().map(String::as_str).chain(from);
            let output = run_in(directory.path(), &words.collect::<Vec<_>>());
            let answer = serde_json::from_slice(&output.stdout).unwrap_or_default();
            (output, answer)
        })
    });
    asked.await.expect("no panic")
}

#[tokio::test]
async fn eval_on_a_replica_equals_eval_on_its_files() {
    for unit in ["a", "b", "c", "d", "e"] {
        let context = format!(r#"{{"country":"DE","targetingKey":"{unit}"}}"#);
        let arguments = ["eval", "pay", "--context", &context];
        let [(replica, theirs), (_, ours)] = asked_alike(&arguments).await;
        assert_eq!(theirs, ours, "{replica:?}");
        assert_eq!(replica.status.code(), Some(0));
        assert_eq!(text(&replica.stderr), "");
    }
    let [(replica, theirs), (files, ours)] = asked_alike(&["eval", "none"]).await;
    assert_eq!(theirs, ours);
    assert_eq!(
        (replica.status.code(), files.status.code()),
        (Some(1), Some(1))
    );
}

#[tokio::test]
async fn missing_targeting_key_uses_the_replica_id_with_a_notice() {
    let [(replica, _), _] = asked_alike(&["eval", "pay"]).await;
    let told = text(&replica.stderr);
    assert!(
        told.starts_with("asked as `pod-7`, the replica itself"),
        "{told}"
    );
}

/// An explanation without the places of its text.
fn unplaced(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members
                .iter()
                .filter(|(name, _)| *name != "at" && *name != "answeredBy");
            kept.map(|(name, value)| (name.clone(), unplaced(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(unplaced).collect(),
        plain => plain.clone(),
    }
}

#[tokio::test]
async fn explain_on_a_replica_equals_explain_on_its_files() {
    let context = r#"{"country":"DE","targetingKey":"u"}"#;
    let arguments = ["explain", "pay", "--context", context, "-o", "json"];
    let [(replica, theirs), (_, ours)] = asked_alike(&arguments).await;
    assert_eq!(replica.status.code(), Some(0), "{replica:?}");
    assert_eq!(unplaced(&theirs), unplaced(&ours));
    assert!(
        theirs["decidedBy"]["rule"]
            .as_str()
            .expect("a pointer")
            .starts_with("/targeting/")
    );
    let from = &theirs["answeredBy"];
    assert_eq!(
        (&from["replica"], &from["generation"]),
        (&json!("pod-7"), &json!(1))
    );
    let [(replica, _), _] = asked_alike(&["explain", "pay"]).await;
    let page = text(&replica.stdout);
    assert!(
        page.contains("\nANSWERED BY pod-7, generation 1, from "),
        "{page}"
    );
    let [(replica, _), _] = asked_alike(&["explain", "none"]).await;
    assert_eq!(replica.status.code(), Some(1));
}

#[tokio::test]
async fn replica_without_debug_endpoints_is_an_error_with_a_hint() {
    let (server, _directory) = server::serve_text("flags.yaml", &document(30)).await;
    let url = format!("http://127.0.0.1:{}", server.management);
    let here = tempfile::tempdir().expect("a directory");
    let asked = tokio::task::spawn_blocking(move || {
        ["eval", "explain"].map(|command| run_in(here.path(), &[command, "pay", "--replica", &url]))
    });
    for output in asked.await.expect("no panic") {
        assert_eq!(output.status.code(), Some(2));
        assert!(
            text(&output.stderr).contains("start it with --debug-endpoints"),
            "{output:?}"
        );
    }
}
