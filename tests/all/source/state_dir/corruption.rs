//! Corrupt and foreign entries of the state directory.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::source::state_dir::restart::settings_with_state_dir;
use crate::source::state_dir::restart::store_from_url;
use crate::source::state_dir::restart::stored_files;
use crate::support::sources::RunningSources;
use crate::support::sources::http_source_spec;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::start_sources;
use crate::support::temp_dir::TempDir;
use crate::support::wait::wait_until;

fn change_byte(path: &Path) {
    let text = fs::read_to_string(path).expect("text");
    fs::write(path, text.replace("\"a\"", "\"z\"")).expect("a file");
}

fn cut_end(path: &Path) {
    let bytes = fs::read(path).expect("bytes");
    fs::write(path, &bytes[..bytes.len() - 9]).expect("a file");
}

fn empty(path: &Path) {
    fs::write(path, "").expect("a file");
}

fn change_version(path: &Path) {
    let text = fs::read_to_string(path).expect("text");
    let changed = text.replace("fanion-state 1", "fanion-state 9");
    fs::write(path, changed).expect("a file");
}

/// Replaces an entry with the entry of another source.
async fn copy_foreign_entry(path: &Path) {
    let other = TempDir::new();
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    store_from_url(&upstream.url("/"), other.path()).await;
    fs::copy(&stored_files(other.path())[0], path).expect("a file");
}

/// Starts from an entry while the source returns 503.
async fn restart(upstream: &HttpUpstream, directory: &Path) -> RunningSources {
    upstream.set_handler(|_| http_response("503 Service Unavailable", &[], ""));
    let source = http_source_spec(&upstream.url("/"), &json!({}));
    let followed = start_sources(&[source], &settings_with_state_dir(directory));
    let first = followed.watch.initial_load().await;
    first.expect("an initial load");
    followed
}

/// Asserts that an entry is ignored after `damage`, and replaced once the source is back.
async fn assert_entry_is_replaced(name: &str, damage: impl AsyncFnOnce(&Path)) {
    let directory = TempDir::new();
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    store_from_url(&upstream.url("/"), directory.path()).await;
    let file = stored_files(directory.path()).remove(0);
    let sound = fs::read(&file).expect("bytes").len();
    damage(&file).await;
    let damaged = fs::read(&file).expect("bytes");
    let followed = restart(&upstream, directory.path()).await;
    assert_eq!(followed.variant("f"), "", "{name}");
    assert!(!followed.live.load().is_usable(), "{name}");
    upstream.set_handler(|_| document_response("a"));
    followed.wait_for_variant("a").await;
    wait_until(
        || fs::read(&file).is_ok_and(|now| now.len() == sound && now != damaged),
        || name.to_owned(),
    )
    .await;
    drop(followed);
    let followed = restart(&upstream, directory.path()).await;
    assert_eq!(followed.variant("f"), "a", "{name}");
}

#[tokio::test]
async fn corrupt_or_foreign_entry_is_ignored_and_replaced() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 4] = [
        ("a changed byte", change_byte),
        ("a missing end", cut_end),
        ("nothing", empty),
        ("another version", change_version),
    ];
    for (name, damage) in damages {
        assert_entry_is_replaced(name, async |path: &Path| damage(path)).await;
    }
    let foreign = async |path: &Path| copy_foreign_entry(path).await;
    assert_entry_is_replaced("another source", foreign).await;
}
