//! The public conformance suite, against the socket of the program itself.
//!
//! The suite is read from where `FANION_TESTBED` points, or from beside the checkout. Without it these tests say that
//! they did not run; in CI that is an error.

use std::path::Path;
use std::path::PathBuf;

use gherkin::Feature;
use gherkin::GherkinEnv;
use gherkin::Step;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::support::daemon::Daemon;
use crate::support::server::Client;
use crate::support::server::Http;

fn testbed() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/testbed");
    let path = std::env::var_os("FANION_TESTBED").map_or(beside.into(), PathBuf::from);
    let found = path.join("gherkin").is_dir();
    assert!(
        found || std::env::var("CI").as_deref() != Ok("true"),
        "CI needs the public suite at {}",
        path.display()
    );
    found.then_some(path)
}

/// The working directory that the suite expects: all flags in one file, and those of selectors in their own.
fn working_directory(testbed: &Path) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let (raw, all) = (
        directory.path().join("rawflags"),
        directory.path().join("flags"),
    );
    std::fs::create_dir_all(&raw).expect("a directory");
    std::fs::create_dir_all(&all).expect("a directory");
    let mut merged = json!({"flags": {}, "$evaluators": {}, "metadata": {}});
    let mut names: Vec<_> = std::fs::read_dir(testbed.join("flags"))
        .expect("flags")
        .collect();
    names.sort_by_key(|entry| entry.as_ref().map(std::fs::DirEntry::file_name).ok());
    for entry in names {
        let entry = entry.expect("a file");
        let name = entry.file_name().into_string().expect("a name");
        let text = std::fs::read_to_string(entry.path()).expect("a file");
        std::fs::write(raw.join(&name), &text).expect("a copy");
        if name.starts_with("selector-") {
            continue;
        }
        let document: Value = serde_json::from_str(&text).expect("JSON");
        for (member, into) in merged.as_object_mut().expect("an object") {
            let from = document[member.as_str()]
                .as_object()
                .cloned()
                .unwrap_or_default();
            into.as_object_mut().expect("an object").extend(from);
        }
    }
    std::fs::write(all.join("allFlags.json"), merged.to_string()).expect("a file");
    directory
}

/// The tag filter that flagd 0.16.1 holds its own RPC mode to, without what it does not implement.
fn is_ours(tags: &[String]) -> bool {
    let has = |tag: &str| tags.iter().any(|t| t == tag);
    let excluded = [
        "unixsocket",
        "targetURI",
        "sync",
        "metadata",
        "grace",
        "events",
        "customCert",
        "reconnect",
        "caching",
        "forbidden",
        "fractional-v1",
        "fractional-v3",
        "deprecated",
    ];
    has("rpc") && !excluded.iter().any(|tag| has(tag))
}

/// What flagd 0.16.1 does not implement: units of every type.
fn is_v3(tags: &[String]) -> bool {
    tags.iter().any(|t| t == "fractional-v3")
}

/// Metadata comes with answers over the socket too, though providers show it only in their in-process mode.
fn is_metadata(tags: &[String]) -> bool {
    tags.iter().any(|t| t == "metadata")
}

/// One row of a scenario.
struct Case {
    name: String,
    steps: Vec<Step>,
}

fn cases(testbed: &Path, file: &str, wanted: fn(&[String]) -> bool) -> Vec<Case> {
    let path = testbed.join("gherkin").join(file);
    let text = std::fs::read_to_string(path).expect("a feature");
    // The parser knows only Gherkin's own escapes; the suite also writes `\u0301` into its tables.
    let text = text.replace("\\u", "\\\\u");
    let feature = Feature::parse(text, GherkinEnv::default()).expect("a feature");
    let background = feature.background.iter().flat_map(|b| b.steps.clone());
    let background: Vec<Step> = background.collect();
    let mut cases = Vec::new();
    for scenario in &feature.scenarios {
        let tags = [feature.tags.clone(), scenario.tags.clone()].concat();
        let steps = [background.clone(), scenario.steps.clone()].concat();
        if scenario.examples.is_empty() && wanted(&tags) {
            let name = scenario.name.clone();
            cases.push(Case {
                name,
                steps: steps.clone(),
            });
        }
        for examples in &scenario.examples {
            let tags = [tags.clone(), examples.tags.clone()].concat();
            let Some((head, rows)) = examples.table.as_ref().and_then(|t| t.rows.split_first())
            else {
                continue;
            };
            for row in rows.iter().filter(|_| wanted(&tags)) {
                let name = format!("{} {row:?}", scenario.name);
                let steps = steps.iter().map(|step| filled(step, head, row)).collect();
                cases.push(Case { name, steps });
            }
        }
    }
    cases
}

/// A step with the cells of a row in place of their names.
fn filled(step: &Step, head: &[String], row: &[String]) -> Step {
    let mut step = step.clone();
    for (name, cell) in head.iter().zip(row) {
        step.value = step.value.replace(&format!("<{name}>"), cell);
    }
    step
}

/// The texts between quotation marks. A value at the end of a step may have such marks itself.
fn quoted(step: &str) -> Vec<String> {
    let value = step.split_once(", with type ");
    let value = value.and_then(|(_, rest)| rest.split_once("with value \"")?.1.strip_suffix('"'));
    let head = value.map_or(step, |value| &step[..step.len() - value.len() - 1]);
    let words = head.split('"').skip(1).step_by(2).map(str::to_owned);
    let mut words: Vec<String> = words.collect();
    if let Some(value) = value {
        words.pop();
        words.push(value.to_owned());
    }
    words
}

#[derive(Default)]
struct World {
    kind: String,
    key: String,
    fallback: String,
    context: Map<String, Value>,
    selector: String,
    answer: Value,
}

impl World {
    async fn step(&mut self, step: &Step, client: &mut Client) -> Result<(), String> {
        let text = step.value.as_str();
        let words = quoted(text);
        match words.as_slice() {
            [key, fallback] if text.contains("-flag with key") => {
                self.kind = text
                    .split("-flag")
                    .next()
                    .unwrap_or("")
                    .rsplit(' ')
                    .next()
                    .unwrap_or("")
                    .to_owned();
                (self.key, self.fallback) = (key.clone(), fallback.clone());
            }
            [name, _, value] if text.contains("an option") => {
                if name == "selector" {
                    self.selector = value.clone();
                }
            }
            [key, kind, value] if text.contains("a context containing a key") => {
                self.context.insert(key.clone(), typed(kind, value));
            }
            [outer, inner, value] if text.contains("a nested property") => {
                self.context.insert(outer.clone(), json!({ inner: value }));
            }
            [value] if text.contains("a targeting key") => {
                self.context.insert("targetingKey".to_owned(), json!(value));
            }
            [] if text.contains("flagd provider") => {}
            [] if text.contains("was evaluated with details") => self.evaluate(client).await,
            [want] if text.contains("the resolved details value") => {
                let got = if self.has_value() {
                    &self.answer["value"]
                } else {
                    &Value::Null
                };
                let want = typed(&self.kind, want);
                let got = match got {
                    // A protobuf integer is a string in JSON; a value that is missing is the caller's default.
                    Value::Null => typed(&self.kind, &self.fallback),
                    Value::String(digits) if self.kind == "Integer" => typed("Integer", digits),
                    other => other.clone(),
                };
                same(&got, &want, &self.answer)?;
            }
            [want] if text.contains("the reason should be") => {
                let got = if self.answer["code"].is_string() {
                    &json!("ERROR")
                } else {
                    &self.answer["reason"]
                };
                same(got, &json!(want), &self.answer)?;
            }
            [want] if text.contains("the error-code should be") => {
                let got = match self.answer["code"].as_str() {
                    Some("not_found") => "FLAG_NOT_FOUND",
                    Some("invalid_argument") => "TYPE_MISMATCH",
                    Some("data_loss") => "PARSE_ERROR",
                    Some(_) => "GENERAL",
                    None => "",
                };
                same(&json!(got), &json!(want), &self.answer)?;
            }
            [] if text.contains("the resolved metadata should contain") => {
                let rows = step
                    .table
                    .iter()
                    .flat_map(|table| table.rows.iter().skip(1));
                for row in rows {
                    let want = typed(&row[1], &row[2]);
                    same(&self.answer["metadata"][&row[0]], &want, &self.answer)?;
                }
            }
            [] if text.contains("the resolved metadata is empty") => {
                same(&self.answer["metadata"], &json!({}), &self.answer)?;
            }
            _ => return Err(format!("a step that nobody knows: {text}")),
        }
        Ok(())
    }

    fn has_value(&self) -> bool {
        !self.answer["code"].is_string() && self.answer.get("value").is_some()
    }

    async fn evaluate(&mut self, client: &mut Client) {
        let method = match self.kind.as_str() {
            "Integer" => "Int",
            other => other,
        };
        let body = json!({"flagKey": self.key, "context": self.context}).to_string();
        let path = format!("/flagd.evaluation.v2.Service/Resolve{method}");
        let selector = format!("flagd-selector: {}", self.selector);
        let headers = ["content-type: application/json", &selector];
        self.answer = client.post(&path, &headers, body).await.json();
    }
}

fn typed(kind: &str, text: &str) -> Value {
    match kind {
        "Integer" => json!(text.parse::<i64>().expect("an integer")),
        "Long" | "Float" | "Double" => json!(text.parse::<f64>().expect("a number")),
        "Boolean" => json!(text.parse::<bool>().expect("a boolean")),
        "Object" => serde_json::from_str(&text.replace("\\\"", "\"")).expect("an object"),
        _ => json!(text),
    }
}

fn same(got: &Value, want: &Value, answer: &Value) -> Result<(), String> {
    let numbers = got.as_f64().zip(want.as_f64());
    if got == want || numbers.is_some_and(|(a, b)| a == b) {
        return Ok(());
    }
    Err(format!("wanted {want}, got {got} in {answer}"))
}

async fn run(daemon: &Daemon, cases: &[Case]) -> Vec<String> {
    let mut client = Client::connect(daemon.port, Http::One).await;
    let mut failed = Vec::new();
    for case in cases {
        let mut world = World::default();
        for step in &case.steps {
            if let Err(why) = world.step(step, &mut client).await {
                failed.push(format!("{}: {}: {why}", case.name, step.value));
                break;
            }
        }
    }
    failed
}

#[tokio::test]
async fn testbed_scenarios_pass() {
    let Some(testbed) = testbed() else {
        println!("not run: the public suite is not here");
        return;
    };
    let directory = working_directory(&testbed);
    let options = [
        "--uri",
        "file:flags/allFlags.json",
        "--uri",
        "file:rawflags/selector-flags.json",
        "-X",
        "injectedmetadata=set",
    ];
    let daemon = Daemon::start(directory.path(), &options);
    daemon.in_force();
    let mut total = 0;
    for (file, least) in [
        ("evaluation.feature", 20),
        ("targeting.feature", 90),
        ("disabled.feature", 7),
        ("contextEnrichment.feature", 1),
    ] {
        let cases = cases(&testbed, file, is_ours);
        let failed = run(&daemon, &cases).await;
        println!(
            "{file}: {} passed, {} failed",
            cases.len() - failed.len(),
            failed.len()
        );
        assert_eq!(failed, Vec::<String>::new());
        assert!(cases.len() >= least, "{file}: the suite is whole");
        total += cases.len();
    }
    println!("{total} rows passed");
}

#[tokio::test]
async fn testbed_fractional_v3_scenarios_pass() {
    let Some(testbed) = testbed() else {
        println!("not run: the public suite is not here");
        return;
    };
    let directory = working_directory(&testbed);
    let options = ["--uri", "file:flags/allFlags.json", "--fractional", "v3"];
    let daemon = Daemon::start(directory.path(), &options);
    daemon.in_force();
    let cases = cases(&testbed, "targeting.feature", is_v3);
    assert_eq!(run(&daemon, &cases).await, Vec::<String>::new());
    assert_eq!(cases.len(), 132, "the suite is whole");
}

#[tokio::test]
async fn testbed_metadata_scenarios_pass() {
    let Some(testbed) = testbed() else {
        println!("not run: the public suite is not here");
        return;
    };
    let directory = working_directory(&testbed);
    let options = [
        "--uri",
        "file:flags/allFlags.json",
        "--uri",
        "file:rawflags/selector-flag-combined-metadata.json",
    ];
    let daemon = Daemon::start(directory.path(), &options);
    daemon.in_force();
    let cases = cases(&testbed, "metadata.feature", is_metadata);
    assert_eq!(run(&daemon, &cases).await, Vec::<String>::new());
    assert_eq!(cases.len(), 4);
}
