//! Severity follows the effect: no finding in generated correct files, and an error for each planted fault that changes
//! the answer of some caller.

mod correct_file;
mod field_faults;
mod rule_faults;
mod text_faults;

use std::collections::BTreeMap;

use fanion::analysis::lint;
use fanion::analysis::lint::policy::LintPolicy;
use fanion::diag::Diagnostic;
use fanion::diag::Severity;
use fanion::document::DocumentFormat;
use fanion::ruleset::Ruleset;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::lint as files;
use crate::support::program;
use crate::support::random_flags::SeededRng;
use crate::support::temp_dir::TempDir;

/// The number of correct files.
const CORRECT_FILES: u64 = 1000;

/// The number of files in which each fault is tried.
const FILES_PER_FAULT: u64 = 160;

/// The number of files with another answer after which the next fault is tried.
const EFFECTIVE_FILES: usize = 5;

/// The number of contexts whose answers are compared.
const CONTEXTS: u64 = 24;

/// Plants a fault into the text of a file; returns `None` if the file has no place for it.
pub type Plant = fn(&Value, &mut SeededRng) -> Option<String>;

fn lint_file(text: &str, policy: &LintPolicy) -> Vec<Diagnostic> {
    lint::check(&files::parse_files(&[("flags.yaml", text)]), policy)
}

/// The answers of the flags of `document` for generated contexts, from the flags of `ruleset`.
fn answers(document: &Value, ruleset: &Ruleset, contexts: &[Value]) -> Vec<Value> {
    let keys: Vec<&String> = document["flags"]
        .as_object()
        .expect("flags")
        .keys()
        .collect();
    let mut answers = Vec::new();
    for key in keys {
        for context in contexts {
            answers.push(match ruleset.flag(key) {
                Some(flag) => {
                    let mut answer = evaluate::evaluate(ruleset, key, context);
                    let variants = &flag.variant_names;
                    let index = variants.iter().position(|name| answer["variant"] == **name);
                    answer["value"] =
                        json!(index.map(|at| format!("{:?}", flag.variant_values[at])));
                    answer
                }
                None => json!("FLAG_NOT_FOUND"),
            });
        }
    }
    answers
}

fn contexts(rng: &mut SeededRng) -> Vec<Value> {
    (0..CONTEXTS).map(|_| correct_file::context(rng)).collect()
}

#[test]
fn correct_files_have_no_findings() {
    // A ramp without a plan is correct, and reported all the same.
    let policy = files::lint_policy("rules: { F125: off }");
    for seed in 0..CORRECT_FILES {
        let document = correct_file::document(&mut SeededRng::new(seed));
        let text = serde_json::to_string_pretty(&document).expect("JSON");
        let found = lint_file(&text, &policy);
        assert_eq!(found, [], "seed {seed}: {text}");
    }
}

/// A generated file, contexts, and the answers of its flags for them.
struct Case {
    seed: u64,
    document: Value,
    contexts: Vec<Value>,
    answers: Vec<Value>,
}

fn load(text: &str) -> Ruleset {
    evaluate::load(text, DocumentFormat::Yaml).0
}

fn case(seed: u64) -> Case {
    let mut rng = SeededRng::new(10_000 + seed);
    let document = correct_file::document(&mut rng);
    let contexts = contexts(&mut rng);
    let answers = answers(&document, &load(&document.to_string()), &contexts);
    Case {
        seed,
        document,
        contexts,
        answers,
    }
}

/// Plants a fault into the files of `cases`; returns the number of files with another answer, and those without an error.
fn plant(name: &str, plant: Plant, cases: &[Case], policy: &LintPolicy) -> (usize, Vec<String>) {
    let (mut effective, mut silent) = (0, Vec::new());
    for case in cases {
        let mut rng = SeededRng::new(case.seed);
        let Some(faulty) = plant(&case.document, &mut rng) else {
            continue;
        };
        if answers(&case.document, &load(&faulty), &case.contexts) == case.answers {
            continue;
        }
        effective += 1;
        let found = lint_file(&faulty, policy);
        if !found.iter().any(|d| d.severity == Severity::Error) {
            let seed = case.seed;
            silent.push(format!("{name} in seed {seed}: {faulty}\n{found:#?}"));
        }
        if effective == EFFECTIVE_FILES {
            break;
        }
    }
    (effective, silent)
}

fn all_faults() -> impl Iterator<Item = &'static (&'static str, Plant)> {
    let faults = rule_faults::FAULTS.iter().chain(field_faults::FAULTS);
    faults.chain(text_faults::FAULTS)
}

#[test]
fn each_planted_fault_that_changes_an_answer_is_an_error() {
    let policy = files::lint_policy("{}");
    let mut problems = Vec::new();
    let mut counts = BTreeMap::new();
    let cases: Vec<Case> = (0..FILES_PER_FAULT).map(case).collect();
    for (name, fault) in all_faults() {
        let (effective, silent) = plant(name, *fault, &cases, &policy);
        if effective < 2 {
            problems.push(format!("{name} changes the answers of {effective} files"));
        }
        counts.insert(*name, effective);
        problems.extend(silent.into_iter().take(1));
    }
    assert!(problems.is_empty(), "{counts:?}\n{}", problems.join("\n\n"));
    assert!(counts.len() >= 40, "{}", counts.len());
}

#[test]
fn exit_code_of_flagctl_follows_planted_faults() {
    for (at, (name, fault)) in all_faults().enumerate().step_by(8) {
        let mut rng = SeededRng::new(10_000 + at as u64);
        let (document, faulty) = loop {
            let document = correct_file::document(&mut rng);
            if let Some(faulty) = fault(&document, &mut rng) {
                break (document.to_string(), faulty);
            }
        };
        let directory = TempDir::new();
        directory.write("good.yaml", document);
        directory.write("bad.yaml", faulty);
        for (file, want) in [("good.yaml", 0), ("bad.yaml", 1)] {
            let output = program::run_flagctl(directory.path(), &["lint", file]);
            let printed = program::printed(&output.stdout);
            assert_eq!(output.status.code(), Some(want), "{name}: {printed}");
        }
    }
}
