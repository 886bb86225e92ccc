//! Stored documents never look fresher than they are, and failed writes are repeated.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use fanion::live::Live;
use fanion::source::file::scan_scope::ScanScope;
use fanion::source::spec::SourceSpec;
use fanion::source::updater::loader::Loader;

use crate::source::state_dir::restart::settings_with_state_dir;
use crate::source::state_dir::restart::store_with_time;
use crate::source::state_dir::restart::stored_files;
use crate::support::program::daemon::Daemon;
use crate::support::server::prometheus;
use crate::support::sources::document;
use crate::support::sources::start_sources;
use crate::support::temp_dir::TempDir;
use crate::support::temp_dir::replace_file;
use crate::support::wait::wait_until;
use crate::support::wait::wait_until_blocking;

fn modified(path: &Path) -> SystemTime {
    let metadata = fs::metadata(path).expect("an entry");
    metadata.modified().expect("a time")
}

fn is_stored(directory: &TempDir, variant: &str) -> bool {
    let files = stored_files(directory.path());
    let text = files.first().and_then(|file| fs::read_to_string(file).ok());
    text.is_some_and(|text| text.contains(&document(variant)))
}

#[tokio::test]
async fn failed_write_is_repeated_until_it_succeeds() {
    let directory = TempDir::new();
    let flags = directory.write("flags.json", document("a"));
    let sources = start_sources(
        &[SourceSpec::from_path(&flags)],
        &settings_with_state_dir(directory.path()),
    );
    wait_until(|| is_stored(&directory, "a"), || "not stored".to_owned()).await;
    let [state, away] = ["state", "away"].map(|name| directory.path().join(name));
    fs::rename(&state, &away).expect("renamed");
    fs::write(&state, "in the way").expect("written");
    replace_file(&flags, &document("b"));
    sources.wait_for_variant("b").await;
    fs::remove_file(&state).expect("removed");
    fs::rename(&away, &state).expect("renamed");
    wait_until(|| is_stored(&directory, "b"), || "not stored".to_owned()).await;
}

#[test]
fn document_that_is_not_in_force_gets_no_newer_time() {
    let directory = TempDir::new();
    let flags = directory.write("flags.json", document("a"));
    let specs = [SourceSpec::from_path(&flags)];
    let settings = settings_with_state_dir(directory.path());
    let mut loader = Loader::new(&specs, &settings, Arc::new(Live::default()));
    loader.load_initial();
    wait_until_blocking(|| is_stored(&directory, "a"), || "not stored".to_owned());
    let entry = stored_files(directory.path()).remove(0);
    // A directory in place of the temporary file makes writes fail, even for root.
    let stem = entry.file_stem().and_then(|stem| stem.to_str());
    let temporary = format!("state/.{}.tmp", stem.expect("a name"));
    directory.write(format!("{temporary}/file"), "");
    let long_ago = SystemTime::now() - Duration::from_secs(1000);
    let file = fs::File::options().append(true).open(&entry);
    let file = file.expect("the entry");
    replace_file(&flags, &document("b"));
    let unsaved = loader.unsaved_documents();
    loader.apply(Some(&ScanScope::full()), Vec::new());
    wait_until_blocking(
        || unsaved.count() == Some(1),
        || "the write has not failed".to_owned(),
    );
    file.set_modified(long_ago).expect("a time");
    let now = SystemTime::now();
    loader.tick(now);
    loader.tick(now + Duration::from_secs(60));
    // All changes are tried before the end.
    drop(loader);
    assert_eq!(modified(&entry), long_ago);
    assert!(is_stored(&directory, "a"));
}

#[tokio::test]
async fn stored_flags_from_the_future_have_an_unknown_age() {
    let directory = TempDir::new();
    let url = "http://127.0.0.1:9/flags.json";
    let future = SystemTime::now() + Duration::from_secs(3600);
    store_with_time(url, directory.path(), future);
    let options = ["--uri", url, "--state-dir", "state"];
    let daemon = Daemon::start(directory.path(), &options);
    daemon.wait_for_log(|line| {
        let message = line["message"].as_str().unwrap_or("");
        message.contains("of unknown age, because their time is in the future")
    });
    daemon.wait_until_ready().await;
    let scrape = prometheus::scrape_port(daemon.management).await;
    assert!(scrape.sum("fanion_source_age_seconds", &[]).is_infinite());
    assert!(scrape.sum("fanion_source_stale", &[]) > 0.5);
    assert_eq!(
        scrape.count("fanion_source_last_success_timestamp_seconds"),
        0
    );
}
