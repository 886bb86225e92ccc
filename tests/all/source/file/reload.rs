//! Reload of one flag file after writes, replacements and removals.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::time::Duration;
use std::time::SystemTime;

use fanion::source::error::kind::SourceErrorKind;
use fanion::source::spec::SourceSpec;
use fanion::source::status::SourceHealth;

use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::sources::settings;
use crate::support::sources::start_sources;
use crate::support::sources::watched_files::flag_file;
use crate::support::sources::watched_files::watch_files;
use crate::support::sources::watched_files::yaml_document;
use crate::support::temp_dir::TempDir;
use crate::support::temp_dir::replace_file;
use crate::support::wait::wait_until_blocking;

#[test]
fn file_written_in_place_is_reloaded() {
    let (_directory, path) = flag_file();
    let watched = watch_files(&[&path]);
    watched.wait_for_variant("v1");
    fs::write(&path, yaml_document("v2")).expect("a file");
    watched.wait_for_variant("v2");
}

#[test]
fn atomically_replaced_file_is_reloaded() {
    let (_directory, path) = flag_file();
    let watched = watch_files(&[&path]);
    for round in 2..10 {
        replace_file(&path, &yaml_document(&format!("v{round}")));
        watched.wait_for_variant(&format!("v{round}"));
    }
}

#[test]
fn deleted_file_keeps_flags_until_it_returns() {
    let (directory, path) = flag_file();
    let watched = watch_files(&[&path]);
    fs::remove_file(&path).expect("removed");
    // A change of another file shows that the watcher has handled the deletion.
    let other = directory.path().join("other.yaml");
    let witness = watch_files(&[&other]);
    fs::write(&other, yaml_document("w")).expect("a file");
    witness.wait_for_variant("w");
    assert_eq!(
        (watched.variant().as_str(), watched.generation()),
        ("v1", 1)
    );
    fs::write(&path, yaml_document("v2")).expect("a file");
    watched.wait_for_variant("v2");
}

#[test]
fn touch_creates_no_new_generation() {
    let (_directory, path) = flag_file();
    let watched = watch_files(&[&path]);
    for _ in 0..20 {
        let touched = fs::File::options()
            .append(true)
            .open(&path)
            .expect("a file");
        touched.set_modified(SystemTime::now()).expect("touched");
    }
    fs::write(&path, yaml_document("v2")).expect("a file");
    watched.wait_for_variant("v2");
    assert_eq!(
        watched.generation(),
        2,
        "only the last write may create a generation"
    );
}

#[test]
fn older_modification_time_is_still_reloaded() {
    let (directory, path) = flag_file();
    let watched = watch_files(&[&path]);
    let backup = directory.path().join("backup");
    fs::write(&backup, yaml_document("v0")).expect("a file");
    let past = SystemTime::now() - Duration::from_secs(86_400);
    fs::File::options()
        .append(true)
        .open(&backup)
        .expect("a file")
        .set_modified(past)
        .expect("aged");
    fs::rename(&backup, &path).expect("renamed");
    watched.wait_for_variant("v0");
    // Written in place with the old modification time restored, as rsync does.
    fs::write(&path, yaml_document("v9")).expect("a file");
    fs::File::options()
        .append(true)
        .open(&path)
        .expect("a file")
        .set_modified(past)
        .expect("aged");
    watched.wait_for_variant("v9");
}

#[test]
fn invalid_edit_keeps_last_good_flags() {
    let (_directory, path) = flag_file();
    let other = path.with_file_name("other.yaml");
    fs::write(&other, "flags: {}").expect("a file");
    let watched = watch_files(&[&path, &other]);
    for bad in [
        "",
        "flags",
        "{}",
        "[1]",
        "flags: [",
        "flags: {a: *b}",
        "\u{0}",
    ] {
        fs::write(&path, bad).expect("a file");
        // A change of the other source shows that the invalid one was read.
        fs::write(&other, format!("flags: {{ f{}: {{}} }}", bad.len())).expect("a file");
        let key = format!("f{}", bad.len());
        let is_loaded = || watched.live.load().ruleset.flag(&key).is_some();
        wait_until_blocking(is_loaded, || format!("{key} is never loaded"));
        assert_eq!(watched.variant(), "v1", "{bad:?}");
    }
    fs::write(&path, yaml_document("v2")).expect("a file");
    watched.wait_for_variant("v2");
}

#[test]
fn rapid_saves_end_with_the_last_content() {
    let (_directory, path) = flag_file();
    let watched = watch_files(&[&path]);
    for round in 0..100 {
        fs::write(&path, yaml_document(&format!("r{round}"))).expect("a file");
    }
    watched.wait_for_variant("r99");
}

#[test]
fn lost_read_permission_keeps_flags() {
    let directory = TempDir::new();
    let path = directory.path().join("flags.yaml");
    fs::write(&path, yaml_document("v1")).expect("a file");
    let open = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
    };
    open(directory.path(), 0o755);
    open(&path, 0o644);
    let mut command = daemon::command(directory.path(), &["--uri", "file:flags.yaml"]);
    if rustix::process::geteuid().is_root() {
        // Root ignores file permissions, so the daemon runs as another user.
        command.uid(65_534).gid(65_534);
    }
    let daemon = Daemon::spawn(command);
    daemon.wait_for_reload();
    open(&path, 0o000);
    let told = daemon.wait_for_log(|line| line["code"] == "F015");
    assert_eq!(told["kept"], true);
    fs::write(path.with_extension("new"), yaml_document("v2")).expect("a file");
    open(&path.with_extension("new"), 0o644);
    fs::rename(path.with_extension("new"), &path).expect("renamed");
    assert_eq!(daemon.wait_for_reload()["changed"], 1);
}

#[tokio::test]
async fn refused_file_is_counted_once_per_content() {
    let (_directory, path) = flag_file();
    let followed = start_sources(&[SourceSpec::from_path(&path)], &settings());
    for (text, refused) in [("flags: [", 1), ("flags: 1", 2)] {
        replace_file(&path, text);
        followed
            .wait_for_state(0, |state| state.refused == refused)
            .await;
        // Another file with the same text, and one more scan.
        replace_file(&path, text);
        let now = SystemTime::now();
        let is_later =
            |state: &SourceHealth| state.last_error.as_ref().is_some_and(|(at, _)| *at > now);
        let state = followed.wait_for_state(0, is_later).await;
        let parse = state.errors.get(&SourceErrorKind::Parse).copied();
        assert_eq!((state.refused, parse), (refused, Some(refused)), "{text}");
    }
}
