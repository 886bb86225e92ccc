//! flagd's public Gherkin scenarios, against the socket of the program.

pub mod feature;
pub mod world;

use std::path::Path;

use serde_json::Value;
use serde_json::json;

use crate::evaluation::gherkin_testbed::feature::ScenarioRow;
use crate::evaluation::gherkin_testbed::feature::scenario_rows;
use crate::evaluation::gherkin_testbed::world::World;
use crate::support::flagd::testbed;
use crate::support::program::daemon::Daemon;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::temp_dir::TempDir;

/// The working directory that the suite expects: all flags merged in one file, and selector flags in their own files.
fn working_directory(testbed: &Path) -> TempDir {
    let directory = TempDir::new();
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

/// The tag filter of flagd 0.16.1 for its RPC mode, without the tags that it does not implement.
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

/// Returns true for scenarios with bucketing values of every type, which flagd 0.16.1 does not implement.
fn is_v3(tags: &[String]) -> bool {
    tags.iter().any(|t| t == "fractional-v3")
}

/// Responses over the socket contain metadata as well, although providers return it only in in-process mode.
fn is_metadata(tags: &[String]) -> bool {
    tags.iter().any(|t| t == "metadata")
}

async fn run(daemon: &Daemon, cases: &[ScenarioRow]) -> Vec<String> {
    let mut client = HttpClient::connect(daemon.port, HttpVersion::Http1).await;
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
    let testbed = testbed::directory();
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
    daemon.wait_for_reload();
    let mut total = 0;
    for (file, least) in [
        ("evaluation.feature", 20),
        ("targeting.feature", 90),
        ("disabled.feature", 7),
        ("contextEnrichment.feature", 1),
    ] {
        let cases = scenario_rows(&testbed, file, is_ours);
        let failed = run(&daemon, &cases).await;
        println!(
            "{file}: {} passed, {} failed",
            cases.len() - failed.len(),
            failed.len()
        );
        assert_eq!(failed, Vec::<String>::new());
        assert!(cases.len() >= least, "{file}: the suite is incomplete");
        total += cases.len();
    }
    println!("{total} rows passed");
}

#[tokio::test]
async fn testbed_fractional_v3_scenarios_pass() {
    let testbed = testbed::directory();
    let directory = working_directory(&testbed);
    let options = ["--uri", "file:flags/allFlags.json", "--fractional", "v3"];
    let daemon = Daemon::start(directory.path(), &options);
    daemon.wait_for_reload();
    let cases = scenario_rows(&testbed, "targeting.feature", is_v3);
    assert_eq!(run(&daemon, &cases).await, Vec::<String>::new());
    assert_eq!(cases.len(), 132, "the suite is incomplete");
}

#[tokio::test]
async fn testbed_metadata_scenarios_pass() {
    let testbed = testbed::directory();
    let directory = working_directory(&testbed);
    let options = [
        "--uri",
        "file:flags/allFlags.json",
        "--uri",
        "file:rawflags/selector-flag-combined-metadata.json",
    ];
    let daemon = Daemon::start(directory.path(), &options);
    daemon.wait_for_reload();
    let cases = scenario_rows(&testbed, "metadata.feature", is_metadata);
    assert_eq!(run(&daemon, &cases).await, Vec::<String>::new());
    assert_eq!(cases.len(), 4);
}
