//! Kubernetes manifests in place of flag files: `FeatureFlag` resources, `ConfigMap`s, lists, and the output of Helm.

use serde_json::Value;

use crate::support::lint::findings_with_codes;
use crate::support::program::printed;
use crate::support::program::run_flagctl;
use crate::support::program::run_flagctl_with_input;
use crate::support::temp_dir::TempDir;

/// The output of `helm template`: a Deployment, which is no business of the reader, a `ConfigMap` and two resources.
const CHART: &str = r#"---
# Source: shop/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop, name: shop }
spec:
  flags: [not, flags]
---
# Source: shop/templates/flags.yaml
apiVersion: v1
kind: ConfigMap
metadata: { name: shop }
data:
  nginx.conf: "worker_processes 1;"
  mysql.yaml: |
    server:
      flags: 1
  flags.yaml: |-
    # The basket.
    flags:
      basket:
        state: ENABLED
        variants: { new: 2, old: 1 }
        defaultVariant: nwe
  more.json: |
      {"flags": {"more": {"state": "ENABLED", "variants": {"a": "b"},
        "defaultVariant": "c"}}}
---
# Source: shop/templates/featureflag.yaml
apiVersion: core.openfeature.dev/v1beta1
kind: FeatureFlag
metadata: { name: one }
spec:
  flagSpec:
    # flag-lint: ignore F102 it stays on
    flags:
      till: { state: ENABLED, variants: { on: true, off: false }, defaultVariant: onn }
---
apiVersion: core.openfeature.dev/v1beta1
kind: FeatureFlag
metadata: { name: two }
spec:
  flagSpec:
    $evaluators: { never: { "==": [1, 2] } }
    flags:
      menu:
        state: ENABLED
        variants: { a: 1, b: 2 }
        defaultVariant: a
        targeting: { if: [{ $ref: never }, b, c] }
"#;

fn chart_directory() -> TempDir {
    let directory = TempDir::new();
    directory.write("chart.yaml", CHART);
    directory
}

/// The value of a flag in the file `chart.yaml`, or the error.
fn value(directory: &TempDir, key: &str) -> String {
    let output = run_flagctl(directory.path(), &["eval", key, "--flags", "chart.yaml"]);
    let answer: Value = serde_json::from_str(printed(&output.stdout)).expect("JSON");
    let member = if answer["value"].is_null() {
        "errorCode"
    } else {
        "value"
    };
    answer[member].to_string()
}

#[test]
fn findings_have_the_positions_of_the_file() {
    let codes = ["F001", "F002", "F007", "F013"];
    let found = findings_with_codes(&[("chart.yaml", CHART)], &codes);
    let places: Vec<String> = found
        .iter()
        .map(|line| line.split(' ').next().unwrap_or("").to_owned())
        .collect();
    let line_of = |text: &str, column_of: &str| {
        let (at, line) = (1..)
            .zip(CHART.lines())
            .find(|(_, line)| line.contains(text))
            .expect(text);
        let column = line.find(column_of).expect(column_of) + 1;
        format!("chart.yaml:{at}:{column}")
    };
    let want = [
        line_of("defaultVariant: nwe", "nwe"),
        line_of("\"defaultVariant\": \"c\"", "\"c\""),
        line_of("defaultVariant: onn", "onn"),
        line_of("$ref: never", "c]"),
    ];
    assert_eq!(places, want, "{found:#?}");
}

#[test]
fn every_command_reads_all_documents_of_a_manifest() {
    let text = CHART
        .replace("nwe", "new")
        .replace("\"c\"", "\"a\"")
        .replace("onn", "on")
        .replace("b, c]", "b, a]")
        .replace("    # flag-lint: ignore F102 it stays on\n", "");
    let directory = TempDir::new();
    directory.write("chart.yaml", &text);
    for (key, want) in [
        ("basket", "2"),
        ("more", "\"b\""),
        ("till", "true"),
        ("menu", "1"),
    ] {
        assert_eq!(value(&directory, key), want, "{key}");
    }
    // The flags as one plain document are the same.
    let compiled = run_flagctl(directory.path(), &["compile", "chart.yaml"]);
    assert_eq!(compiled.status.code(), Some(0), "{compiled:?}");
    directory.write("plain.json", printed(&compiled.stdout));
    let diff = run_flagctl(
        directory.path(),
        &["diff", "--exit-code", "chart.yaml", "plain.json"],
    );
    assert_eq!(diff.status.code(), Some(0), "{diff:?}");
    let list = run_flagctl(directory.path(), &["list", "--flags", "chart.yaml"]);
    for key in ["basket", "menu", "more", "till"] {
        assert!(printed(&list.stdout).contains(key), "{list:?}");
    }
    let lint = run_flagctl_with_input(directory.path(), &["lint", "-"], &text);
    assert!(printed(&lint.stderr).contains(" in 1 file"), "{lint:?}");
    let piped = run_flagctl_with_input(directory.path(), &["eval", "menu", "--flags", "-"], &text);
    assert!(
        printed(&piped.stdout).contains("\"variant\":\"a\""),
        "{piped:?}"
    );
}

#[test]
fn comments_belong_to_the_document_with_their_line() {
    let directory = chart_directory();
    let lint = run_flagctl(directory.path(), &["lint", "chart.yaml"]);
    let told = printed(&lint.stdout);
    let unused = told
        .lines()
        .filter(|line| line.contains("unused ignore comment"));
    assert_eq!(unused.count(), 1, "{told}");
    // A key that occurs twice in a Deployment does not concern flags.
    assert!(!told.contains("chart.yaml:5:"), "{told}");
}

#[test]
fn lists_and_json_are_read_like_their_items() {
    let flag = |name: &str| {
        format!(
            r#"{{"apiVersion":"core.openfeature.dev/v1beta1","kind":"FeatureFlag","metadata":{{"name":"x"}},"spec":{{"flagSpec":{{"flags":{{"{name}":{{"state":"ENABLED","variants":{{"a":1}},"defaultVariant":"a"}}}}}}}}}}"#
        )
    };
    let document = r#"{\n  \"flags\": {\n    \"c\": {\"state\": \"ENABLED\", \"variants\": {\"\u00e9\": 3}, \"defaultVariant\": \"f\"}}}\n"#;
    let map = format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","data":{{"x":"{document}"}}}}"#);
    let items = [flag("a"), flag("b"), map].join(",\n");
    let text = format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n{items}\n]}}\n");
    let found = findings_with_codes(&[("list.json", &text)], &["F001", "F002", "F007"]);
    let line = text.lines().nth(3).expect("the ConfigMap");
    // In the string, each quote is behind a backslash.
    let column = line.find(r#"\"f\""#).expect("the variant") + 1;
    let want = format!("list.json:4:{column} ");
    assert!(
        found.len() == 1 && found[0].starts_with(&want),
        "{want} {found:#?}"
    );
    let directory = TempDir::new();
    directory.write("chart.yaml", text);
    assert_eq!(value(&directory, "a"), "1");
    assert_eq!(value(&directory, "b"), "1");
}

#[test]
fn manifests_without_usable_flags_are_explained() {
    let header = "apiVersion: core.openfeature.dev/v1beta1\nkind: FeatureFlag\n";
    let map = "apiVersion: v1\nkind: ConfigMap\ndata:\n  f.json: |\n    {\"flags\": {\n      \"a\": ]}}\n";
    for (text, want) in [
        (
            header.replace("v1beta1", "v1alpha1"),
            "a.yaml:1:1 F002 `FeatureFlag` of version `core.openfeature.dev/v1alpha1` is not supported",
        ),
        (
            format!("{header}spec:\n  other: 1\n"),
            "a.yaml:4:3 F002 the FeatureFlag has no `spec.flagSpec`",
        ),
        (
            format!("{header}spec:\n  flagSpec:\n    flag: {{}}\n"),
            "a.yaml:5:5 F002 the document has no `flags`",
        ),
        (map.to_owned(), "a.yaml:6:12 F001 "),
        (
            "apiVersion: v1\nkind: Service\nspec: {}\n".to_owned(),
            "a.yaml:1:1 F002 the document is a Kubernetes manifest of kind `Service`, not a flag file",
        ),
        (
            format!("{header}spec: {{ flagSpec: {{ flags: {{}} }} }}\n---\na: [\n"),
            "a.yaml:6:1 F001 ",
        ),
    ] {
        let found = findings_with_codes(&[("a.yaml", &text)], &["F001", "F002"]);
        assert!(
            found.len() == 1 && found[0].starts_with(want),
            "{want}: {found:#?}"
        );
    }
}

#[test]
fn flag_of_two_documents_is_a_warning() {
    let flag = |variant: &str| {
        format!(
            "apiVersion: core.openfeature.dev/v1beta1\nkind: FeatureFlag\nspec:\n  flagSpec:\n    flags:\n      f: {{ state: ENABLED, variants: {{ a: 1, b: 2 }}, defaultVariant: {variant} }}\n"
        )
    };
    let text = format!("{}---\n{}", flag("a"), flag("b"));
    let found = findings_with_codes(&[("a.yaml", &text)], &["F118"]);
    let want = "a.yaml:13:7 F118 flag `f` is also defined in the flag document with line 6";
    assert_eq!(found, [want]);
    let directory = TempDir::new();
    directory.write("chart.yaml", &text);
    assert_eq!(value(&directory, "f"), "2");
}
