//! The mistakes in `tests/data/mistakes.yaml`: lint names flag, field, value and fix of each.

use fanion::analysis::flag_file::FlagFile;
use fanion::analysis::lint;
use fanion::analysis::lint::policy::LintPolicy;
use fanion::diag::Diagnostic;
use fanion::diag::Severity;
use fanion::document::DocumentFormat;
use fanion::document::json_pointer;
use fanion::document::serialize::flagd_targeting_json;
use fanion::document::syntax_tree::Node;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::lint as files;
use crate::support::program;
use crate::support::temp_dir::TempDir;

fn read_corpus() -> Vec<Value> {
    let text = include_str!("../../data/mistakes.yaml");
    let corpus: Vec<Value> = serde_yaml::from_str(text).expect("a list");
    assert_eq!(corpus.len(), 150);
    corpus
}

fn text_of<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or("")
}

fn file_name(entry: &Value) -> String {
    let extension = entry["format"].as_str().unwrap_or("yaml");
    format!("flags.{extension}")
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// The parts of the ideal finding that a finding lacks.
fn missing_parts(want: &Value, found: &Diagnostic, root: Option<&Node>) -> Vec<String> {
    let text = format!("{}\n{}", found.message, found.help);
    let mut missing = Vec::new();
    if found.code.id() != text_of(want, "code") {
        missing.push(format!("code {}", want["code"]));
    }
    if severity_name(found.severity) != text_of(want, "severity") {
        missing.push(format!("severity {}", want["severity"]));
    }
    let flag = text_of(want, "flag");
    let pointer = root.map(|root| json_pointer::for_position(root, found.position));
    let is_inside = pointer.is_some_and(|pointer| pointer.starts_with(&format!("/flags/{flag}")));
    if !flag.is_empty() && !text.contains(&format!("`{flag}`")) && !is_inside {
        missing.push(format!("flag {flag}"));
    }
    let mentions = want["mentions"].as_array().expect("a list");
    let mentions = mentions.iter().map(|m| m.as_str().expect("a text"));
    missing.extend(
        mentions
            .filter(|mention| !text.contains(mention))
            .map(str::to_owned),
    );
    missing
}

/// The answer of the file's own flag: variant, value and metadata, or an error.
fn answer(file: &FlagFile, text: &str, check: &Value) -> Value {
    let key = text_of(check, "flag");
    let format = if file.name.ends_with(".json") {
        DocumentFormat::Json
    } else {
        DocumentFormat::Yaml
    };
    let (ruleset, _) = evaluate::load(text, format);
    let definition = file.flags.iter().find(|flag| &*flag.key == key);
    let (Some(_), Some(definition)) = (ruleset.flag(key), definition) else {
        return json!({"errorCode": "FLAG_NOT_FOUND"});
    };
    let mut answer = evaluate::evaluate(&ruleset, key, &check["context"]);
    let variant = answer["variant"].as_str().unwrap_or("").to_owned();
    let value = definition
        .variants
        .iter()
        .find(|(name, _)| **name == *variant);
    let root = file.root.as_ref().expect("a document");
    let pointer = ["flags", key, "variants", &variant];
    let written = pointer
        .iter()
        .try_fold(root, |node, name| node.member_ignore_case(name));
    answer["value"] = match (value, written) {
        (Some(_), Some(node)) => to_json(node),
        _ => Value::Null,
    };
    let metadata = root
        .member("flags")
        .and_then(|flags| flags.member(key)?.member("metadata"));
    answer["metadata"] = metadata.map_or(Value::Null, to_json);
    answer
}

fn to_json(node: &Node) -> Value {
    let mut text = String::new();
    flagd_targeting_json::write_targeting(&mut text, node);
    serde_json::from_str(&text).expect("JSON")
}

fn is_same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < f64::EPSILON,
        _ => a == b,
    }
}

fn is_intended(check: &Value, got: &Value) -> bool {
    let fits = |field: &str| {
        check
            .get(field)
            .is_none_or(|want| is_same(want, &got[field]))
    };
    let metadata = check["metadata"].as_object();
    let has = |(name, want): (&String, &Value)| is_same(want, &got["metadata"][name]);
    got.get("errorCode").is_none()
        && fits("variant")
        && fits("value")
        && metadata.is_none_or(|want| want.iter().all(has))
}

/// The reasons why the findings of an entry are not the ideal ones.
fn check_entry(entry: &Value, policy: &LintPolicy) -> Vec<String> {
    let (name, text, want) = (
        text_of(entry, "name"),
        text_of(entry, "file"),
        &entry["finding"],
    );
    let files = files::parse_files(&[(&file_name(entry), text)]);
    let found = lint::check(&files, policy);
    let root = files[0].root.as_ref();
    let missing = found
        .iter()
        .map(|finding| missing_parts(want, finding, root));
    let mut problems = Vec::new();
    match missing.min_by_key(Vec::len) {
        None => problems.push(format!("{name}: no finding")),
        Some(missing) if !missing.is_empty() => {
            problems.push(format!("{name}: lacks {missing:?} in {found:#?}"));
        }
        Some(_) => {}
    }
    let checks = entry["intended"].as_array().expect("a list");
    assert!(!checks.is_empty(), "{name}");
    let works = checks
        .iter()
        .all(|check| is_intended(check, &answer(&files[0], text, check)));
    if text_of(want, "severity") == "error" && works {
        problems.push(format!(
            "{name}: the faulty file gives the intended answers"
        ));
    }
    problems
}

#[test]
fn each_mistake_of_the_corpus_has_its_finding() {
    let policy = files::lint_policy("{}");
    let corpus = read_corpus();
    let problems: Vec<String> = corpus
        .iter()
        .flat_map(|entry| check_entry(entry, &policy))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn findings_of_the_corpus_are_the_same_in_every_run() {
    let policy = files::lint_policy("{}");
    for entry in read_corpus() {
        let run = || {
            let files = files::parse_files(&[(&file_name(&entry), text_of(&entry, "file"))]);
            lint::check(&files, &policy)
        };
        let first = run();
        for _ in 0..3 {
            assert_eq!(run(), first, "{}", entry["name"]);
        }
    }
}

#[test]
fn flagctl_fails_for_each_tenth_error_of_the_corpus() {
    let corpus = read_corpus();
    let errors = corpus
        .iter()
        .filter(|e| e["finding"]["severity"] == "error");
    for entry in errors.step_by(10) {
        let directory = TempDir::new();
        let file = file_name(entry);
        directory.write(&file, text_of(entry, "file"));
        let output = program::run_flagctl(directory.path(), &["lint", &file]);
        let printed = program::printed(&output.stdout);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{}: {printed}",
            entry["name"]
        );
        assert!(
            printed.contains(text_of(&entry["finding"], "code")),
            "{printed}"
        );
    }
}
