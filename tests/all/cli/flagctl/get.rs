//! `flagctl get`, `list` and `compile`: from files, and from a running replica.

use std::path::Path;
use std::process::Command;
use std::process::Output;

use fanion::serve::ServeConfig;
use fanion::serve::admin::debug::DebugAccess;
use fanion::serve::admin::debug::DebugConfig;
use serde_json::Value;
use serde_json::json;

use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::server;
use crate::support::temp_dir::TempDir;

const FLAGS: &str = "flags:\n  checkout.payments.express-pay:\n    variants: { \"on\": true, \"off\": false }\n    \
     defaultVariant: \"off\"\n    targeting: { fractional: [[\"on\", 1], [\"off\", 99]] }\n  b: { state: DISABLED, variants: { x: 1 } }\n";

const KEY: &str = "checkout.payments.express-pay";

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn with(directory: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flagctl"));
    let command = command.env_clear().envs(variables.iter().copied());
    command
        .current_dir(directory)
        .args(arguments)
        .output()
        .expect("the program runs")
}

#[test]
fn get_prints_a_flag_of_a_configured_context() {
    let dir = TempDir::new();
    let home = dir.path().join(".config/flagctl");
    std::fs::create_dir_all(&home).expect("directories");
    dir.write("flags.yaml", FLAGS);
    let config = "contexts: { prod: { flags: [../../flags.yaml] } }\n";
    std::fs::write(home.join("config.yaml"), config).expect("a file");
    let variables = [("HOME", dir.path().to_str().expect("text"))];
    let get = |arguments: &[&str]| with(dir.path(), &variables, arguments);
    let output = get(&["get", KEY, "--env", "prod", "-o", "json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let targeting = json!({"fractional": [["on", 1], ["off", 99]]});
    assert_eq!(json(&output)["targeting"], targeting);
    let output = get(&["get", KEY, "--env", "prod", "-o", "yaml"]);
    let want = format!(
        "key: {KEY}\nstate: ENABLED\ndefaultVariant: \"off\"\nvariants:\n  \"off\": false\n  \"on\": true\n\
         targeting:\n  fractional:\n    - [\"on\", 1]\n    - [\"off\", 99]\n"
    );
    assert_eq!(printed(&output.stdout), want);
    let output = get(&["get", KEY, "--env", "prod"]);
    let row = |cells: [&str; 5]| {
        let [key, state, default, variants, rule] = cells;
        format!("{key:<32}{state:<10}{default:<10}{variants:<11}{rule}\n")
    };
    let head = row(["KEY", "STATE", "DEFAULT", "VARIANTS", "RULE"]);
    let want = head + &row([KEY, "ENABLED", "off", "off,on", "yes"]);
    assert_eq!(printed(&output.stdout), want);
    let output = get(&["get", "nothing", "--env", "prod"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(printed(&output.stdout), "");
    assert_eq!(printed(&output.stderr), "error: flag `nothing` not found\n");
    let output = get(&["get", KEY, "--env", "prd"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        printed(&output.stderr).contains("did you mean `prod`?"),
        "{output:?}"
    );
}

#[test]
fn list_and_compile_print_plain_flagd_json() {
    let dir = TempDir::new();
    dir.write("flags.yaml", FLAGS);
    let output = run_flagctl(dir.path(), &["list", "--flags", "flags.yaml", "-o", "json"]);
    let listed = json(&output);
    assert_eq!(listed[0]["key"], "b");
    assert_eq!(listed[1]["key"], KEY);
    assert_eq!(listed.as_array().map(Vec::len), Some(2));
    let compiled = run_flagctl(dir.path(), &["compile", "flags.yaml"]);
    assert_eq!(compiled.status.code(), Some(0));
    assert_eq!(
        json(&compiled)["flags"][KEY]["targeting"],
        listed[1]["targeting"]
    );
    let yaml = run_flagctl(dir.path(), &["compile", "flags.yaml", "-o", "yaml"]);
    dir.write("again.yaml", &yaml.stdout);
    let again = run_flagctl(dir.path(), &["compile", "again.yaml"]);
    assert_eq!(again.stdout, compiled.stdout);
    dir.write("bad.yaml", "flags: { f: 3 }");
    let output = run_flagctl(dir.path(), &["compile", "bad.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(json(&output), json!({"flags": {}}));
}

/// A flag that flag sync omits, and one that it sends.
const DIALECTS: &str = "flags:\n  own:\n    variants: { \"on\": true, \"off\": false }\n    defaultVariant: \"off\"\n    \
     rollout: { variant: \"on\", percentage: 5, dialect: fnv1a32-abs100 }\n  \
     plain:\n    variants: { \"on\": true, \"off\": false }\n    defaultVariant: \"off\"\n    \
     rollout: { variant: \"on\", percentage: 100, dialect: md5-8hex-100 }\n";

#[test]
fn compile_omits_the_flags_that_flag_sync_omits() {
    let dir = TempDir::new();
    dir.write("flags.yaml", DIALECTS);
    let output = run_flagctl(dir.path(), &["compile", "flags.yaml"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let flags = json(&output)["flags"].clone();
    let keys: Vec<&String> = flags.as_object().expect("flags").keys().collect();
    assert_eq!(keys, ["plain"]);
    assert!(printed(&output.stderr).contains("F022"), "{output:?}");
}

#[test]
fn get_and_list_mark_the_flags_that_flag_sync_omits() {
    let dir = TempDir::new();
    dir.write("flags.yaml", DIALECTS);
    for (key, want) in [("own", json!(false)), ("plain", Value::Null)] {
        let arguments = ["get", key, "--flags", "flags.yaml", "-o", "json"];
        let output = run_flagctl(dir.path(), &arguments);
        assert_eq!(json(&output)["portable"], want, "{output:?}");
        let warned = printed(&output.stderr).contains("F022");
        assert_eq!(warned, key == "own", "{output:?}");
    }
    let output = run_flagctl(dir.path(), &["list", "--flags", "flags.yaml", "-o", "json"]);
    assert_eq!(json(&output)[0]["portable"], json!(false), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn replica_marks_the_flags_that_flag_sync_omits() {
    let dir = TempDir::new();
    dir.write("flags.yaml", DIALECTS);
    let debugging = DebugConfig {
        access: DebugAccess::Open,
        ..DebugConfig::default()
    };
    let settings = ServeConfig {
        debug: debugging,
        ..ServeConfig::default()
    };
    let server = server::start_with(&dir.path().join("flags.yaml"), settings).await;
    let url = format!("http://127.0.0.1:{}", server.management);
    for arguments in [
        &["get", "own", "--replica", &url, "-o", "json"][..],
        &["list", "--replica", &url, "-o", "json"],
    ] {
        let output = run_flagctl(dir.path(), arguments);
        let own = json(&output);
        let own = own.get(0).unwrap_or(&own);
        assert_eq!(own["portable"], json!(false), "{output:?}");
        assert!(printed(&output.stderr).contains("F022"), "{output:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn get_and_list_query_a_replica_with_a_token() {
    let dir = TempDir::new();
    let flags = dir.path().join("flags.yaml");
    std::fs::write(&flags, FLAGS).expect("a file");
    let token = dir.path().join("token");
    std::fs::write(&token, "hush-hush-hush-hush\n").expect("a file");
    let debugging = DebugConfig {
        access: DebugAccess::BearerTokenFile(token.clone()),
        ..DebugConfig::default()
    };
    let settings = ServeConfig {
        debug: debugging,
        ..ServeConfig::default()
    };
    let server = server::start_with(&flags, settings).await;
    let url = format!("http://127.0.0.1:{}", server.management);
    let config =
        format!("current: here\ncontexts: {{ here: {{ replica: '{url}', tokenFile: token }} }}\n");
    let path = dir.path().join("config.yaml");
    std::fs::write(&path, config).expect("a file");
    let config = [("FLAGCTL_CONFIG", path.to_str().expect("text"))];
    let output = with(dir.path(), &config, &["get", KEY, "-o", "json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let files = run_flagctl(
        dir.path(),
        &["get", KEY, "--flags", "flags.yaml", "-o", "json"],
    );
    assert_eq!(json(&output), json(&files));
    let output = with(dir.path(), &config, &["list", "-o", "json"]);
    let files = run_flagctl(dir.path(), &["list", "--flags", "flags.yaml", "-o", "json"]);
    assert_eq!(json(&output), json(&files));
    assert_eq!(
        with(dir.path(), &config, &["get", "nothing"]).status.code(),
        Some(1)
    );
    let without = with(dir.path(), &[], &["get", KEY, "--replica", &url]);
    assert_eq!(without.status.code(), Some(2));
    assert!(
        printed(&without.stderr).contains("authentication required"),
        "{without:?}"
    );
    let wrong = [("FLAGCTL_TOKEN", "hush-hush-hush-hushX")];
    let output = with(dir.path(), &wrong, &["get", KEY, "--replica", &url]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!printed(&output.stderr).contains("hush"), "{output:?}");
}
