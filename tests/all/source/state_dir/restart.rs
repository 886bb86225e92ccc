//! Start from stored flags when a source is unreachable.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use fanion::live::Live;
use fanion::source::SourceConfig;
use fanion::source::spec::SourceSpec;
use fanion::source::updater::loader::Loader;
use serde_json::json;

use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::prometheus;
use crate::support::sources::document;
use crate::support::sources::flag;
use crate::support::sources::http_source_spec;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::settings;
use crate::support::sources::start_sources;
use crate::support::sources::store_document;
use crate::support::temp_dir::TempDir;
use crate::support::wait::wait_until;
use crate::support::wait::wait_until_blocking;

pub fn settings_with_state_dir(directory: &Path) -> SourceConfig {
    SourceConfig {
        state_dir: Some(directory.join("state")),
        ..settings()
    }
}

pub fn stored_files(directory: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(directory.join("state")).into_iter().flatten();
    let paths = listed.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == "flags"))
        .collect()
}

/// Polls a URL until its document is stored.
pub async fn store_from_url(url: &str, directory: &Path) {
    let followed = start_sources(
        &[http_source_spec(url, &json!({}))],
        &settings_with_state_dir(directory),
    );
    followed.wait_for_variant("a").await;
    wait_until(
        || stored_files(directory).len() == 1,
        || "no entry is stored".to_owned(),
    )
    .await;
}

#[tokio::test]
async fn network_source_starts_from_stored_flags() {
    let directory = TempDir::new();
    let upstream = HttpUpstream::start(|_| {
        let headers = ["content-type: application/json", "etag: \"7\""];
        http_response("200 OK", &headers, &document("a"))
    })
    .await;
    let url = upstream.url("/?token=hush");
    store_from_url(&url, directory.path()).await;
    let text = fs::read_to_string(&stored_files(directory.path())[0]).expect("text");
    assert!(!text.contains("hush"), "{text}");
    let mode = fs::metadata(&stored_files(directory.path())[0]).expect("an entry");
    let mode = mode.permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    upstream.set_handler(|_| http_response("503 Service Unavailable", &[], ""));
    let followed = start_sources(
        &[http_source_spec(&url, &json!({}))],
        &settings_with_state_dir(directory.path()),
    );
    followed
        .watch
        .initial_load()
        .await
        .expect("an initial load");
    assert_eq!(followed.variant("f"), "a");
    assert!(followed.live.load().is_usable());
    let state = followed.state(0);
    assert!(
        state.from_state_dir && state.is_stale() && state.accepted == 0,
        "{state:?}"
    );
    assert!(state.age(SystemTime::now()).expect("an age") < Duration::from_secs(60));
    followed.wait_for_error(0, "503").await;

    // The stored tag is current, so the server sends no body.
    upstream.set_handler(|request| match request.header("if-none-match") {
        "\"7\"" => http_response("304 Not Modified", &[], ""),
        _ => document_response("b"),
    });
    let state = followed.wait_for_state(0, |state| !state.is_stale()).await;
    assert!(
        !state.from_state_dir && state.accepted == 0 && state.has_flags(),
        "{state:?}"
    );
    assert!(followed.live.load().is_usable());
    upstream.set_handler(|_| document_response("c"));
    followed.wait_for_variant("c").await;
}

#[tokio::test]
async fn deleted_flag_file_is_restored_from_state() {
    let directory = TempDir::new();
    let flags = directory.path().join("flags.json");
    fs::write(&flags, document("a")).expect("a file");
    let specs = [SourceSpec::from_path(&flags)];
    let followed = start_sources(&specs, &settings_with_state_dir(directory.path()));
    followed.wait_for_variant("a").await;
    wait_until(
        || stored_files(directory.path()).len() == 1,
        || "no entry is stored".to_owned(),
    )
    .await;
    drop(followed);
    fs::remove_file(&flags).expect("the file exists");
    let followed = start_sources(&specs, &settings_with_state_dir(directory.path()));
    followed
        .watch
        .initial_load()
        .await
        .expect("an initial load");
    assert_eq!(followed.variant("f"), "a");
    assert!(followed.state(0).from_state_dir);
    // The file takes precedence over the stored entry.
    fs::write(&flags, document("b")).expect("a file");
    followed.wait_for_variant("b").await;
    followed.wait_for_state(0, |state| !state.is_stale()).await;
}

#[tokio::test]
async fn directory_source_is_stored_per_file() {
    let directory = TempDir::new();
    let flags = directory.path().join("flags.d");
    fs::create_dir(&flags).expect("a directory");
    fs::write(flags.join("1.json"), flag("f", "a")).expect("a file");
    fs::write(flags.join("2.json"), flag("g", "b")).expect("a file");
    fs::write(flags.join("3.json"), flag("h", "c")).expect("a file");
    let specs = [SourceSpec::from_path(&flags)];
    let followed = start_sources(&specs, &settings_with_state_dir(directory.path()));
    wait_until(
        || stored_files(directory.path()).len() == 3,
        || "the entries are not stored".to_owned(),
    )
    .await;
    fs::remove_file(flags.join("3.json")).expect("the file exists");
    wait_until(
        || stored_files(directory.path()).len() == 2,
        || "the entry is not removed".to_owned(),
    )
    .await;
    drop(followed);
    for name in ["1.json", "2.json"] {
        fs::remove_file(flags.join(name)).expect("the file exists");
    }
    let followed = start_sources(&specs, &settings_with_state_dir(directory.path()));
    followed
        .watch
        .initial_load()
        .await
        .expect("an initial load");
    assert_eq!(
        [
            followed.variant("f"),
            followed.variant("g"),
            followed.variant("h")
        ],
        ["a", "b", ""]
    );
}

/// Stores a document whose last successful load was at `then`.
pub fn store_with_time(url: &str, directory: &Path, then: SystemTime) {
    store_document(directory, url, "a", None, then);
    let file = fs::File::options()
        .append(true)
        .open(&stored_files(directory)[0]);
    file.expect("the entry is not removed")
        .set_modified(then)
        .expect("a time");
}

#[tokio::test]
async fn start_without_source_is_ready_and_reports_flag_age() {
    let directory = TempDir::new();
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("bound").port()
    };
    let url = format!("http://127.0.0.1:{port}/flags.json");
    let then = SystemTime::now() - Duration::from_secs(3 * 86_400);
    store_with_time(&url, directory.path(), then);
    let state = directory.path().join("state");
    let options = [
        "--uri",
        &url,
        "--state-dir",
        state.to_str().expect("text"),
        "--fail-fast",
    ];
    let command = daemon::command(directory.path(), &options);
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(command);
        let line = daemon.wait_for_log(|line| line["age_seconds"].is_u64());
        let age = line["age_seconds"].as_u64().expect("a number");
        assert!((259_200..259_300).contains(&age), "{line}");
        daemon.wait_for_reload();
        let line = daemon.wait_for_log(|line| line["level"] == "ERROR");
        assert!(line["age_seconds"].as_u64() >= Some(age), "{line}");
        daemon
    });
    let daemon = daemon.await.expect("the age is logged");
    let mut probe = HttpClient::connect(daemon.management, HttpVersion::Http1).await;
    assert_eq!(probe.post("/readyz", &[], "").await.status, 200);
    let scrape = prometheus::scrape_port(daemon.management).await;
    let (source, kind) = (format!("source=\"{url}\""), "kind=\"http\"");
    let number = |name: &str| scrape.sum(name, &[&source, kind]);
    assert!((259_200.0..259_300.0).contains(&number("fanion_source_age_seconds")));
    assert!(number("fanion_source_stale") > 0.5);
    let error = number("fanion_source_last_error_timestamp_seconds");
    assert!(error - number("fanion_source_last_success_timestamp_seconds") > 259_000.0);
    assert!(
        scrape.sum(
            "fanion_source_updates_total",
            &[&source, "result=\"failed\""]
        ) > 0.5
    );
}

#[test]
fn entry_time_is_refreshed_while_the_source_is_healthy() {
    let directory = TempDir::new();
    let flags = directory.path().join("flags.json");
    fs::write(&flags, document("a")).expect("a file");
    let specs = [SourceSpec::from_path(&flags)];
    let mut loader = Loader::new(
        &specs,
        &settings_with_state_dir(directory.path()),
        Arc::new(Live::default()),
    );
    loader.load_initial();
    let unsaved = loader.unsaved_documents();
    wait_until_blocking(
        || unsaved.count() == Some(0),
        || "no entry is stored".to_owned(),
    );
    let path = stored_files(directory.path()).remove(0);
    let modified = || {
        fs::metadata(&path)
            .expect("the entry is not removed")
            .modified()
            .expect("a time")
    };
    let long_ago = SystemTime::now() - Duration::from_secs(1000);
    let file = fs::File::options().append(true).open(&path);
    file.expect("the entry is not removed")
        .set_modified(long_ago)
        .expect("a time");
    let now = SystemTime::now();
    loader.tick(now);
    loader.tick(now + Duration::from_secs(59));
    assert_eq!(modified(), long_ago);
    loader.tick(now + Duration::from_secs(60));
    wait_until_blocking(
        || modified() >= now - Duration::from_secs(1),
        || "the time is not renewed".to_owned(),
    );
}
