//! A state directory that is full, read-only or unwritable.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use crate::source::state_dir::restart::store_from_url;
use crate::source::state_dir::restart::stored_files;
use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc;
use crate::support::sources::document;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn unwritable_directory_only_logs_a_warning() {
    let directory = TempDir::new();
    // A file in place of the directory, because root may write to any directory.
    directory.write("state", "in the way");
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let url = upstream.url("/flags.json");
    let state = directory.path().join("state");
    let options = ["--uri", &url, "--state-dir", state.to_str().expect("text")];
    let command = daemon::command(directory.path(), &options);
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(command);
        let warning = daemon.wait_for_log(|line| {
            let text = line["message"].as_str().unwrap_or("");
            text.contains("state directory") && line["level"] == "WARN"
        });
        (daemon, warning)
    });
    let (daemon, _) = daemon.await.expect("a warning is logged");
    daemon.wait_until_ready().await;
}

#[tokio::test]
async fn full_disk_keeps_the_previous_entry() {
    let directory = TempDir::new();
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let url = upstream.url("/flags.json");
    store_from_url(&url, directory.path()).await;
    let before = fs::read(&stored_files(directory.path())[0]).expect("bytes");
    // The file size limit makes a write fail after the first bytes, as on a full disk.
    let large = document(&"b".repeat(20_000));
    upstream
        .set_handler(move |_| http_response("200 OK", &["content-type: application/json"], &large));
    let state = directory.path().join("state");
    let options = ["--uri", &url, "--state-dir", state.to_str().expect("text")];
    let command = daemon::command(directory.path(), &options);
    let mut limited = Command::new("/bin/sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.current_dir(directory.path()).env_clear();
    limited
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(limited);
        let warns = |line: &serde_json::Value| {
            let text = line["message"].as_str().unwrap_or("");
            text.starts_with("cannot write the last good flags")
        };
        daemon.wait_for_log(warns);
        daemon
    });
    let daemon = daemon.await.expect("a warning is logged");
    let mut client = HttpClient::connect(daemon.port, HttpVersion::Http1).await;
    let path = "/flagd.evaluation.v1.Service/ResolveString";
    let answer = rpc::resolve_flag(&mut client, path, "f").await.json();
    assert_eq!(
        answer["value"].as_str().map(str::len),
        Some(20_000),
        "{answer}"
    );
    assert_eq!(
        fs::read(&stored_files(directory.path())[0]).expect("bytes"),
        before
    );
    let left = fs::read_dir(&state).expect("a directory").count();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn read_only_directory_is_read() {
    let directory = TempDir::new();
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let url = upstream.url("/flags.json");
    store_from_url(&url, directory.path()).await;
    let state = directory.path().join("state");
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
    };
    mode(directory.path(), 0o755);
    mode(&state, 0o555);
    mode(&stored_files(directory.path())[0], 0o444);
    upstream.set_handler(|_| http_response("503 Service Unavailable", &[], ""));
    let options = ["--uri", &url, "--state-dir", state.to_str().expect("text")];
    let mut command = daemon::command(directory.path(), &options);
    if rustix::process::geteuid().is_root() {
        // Root ignores directory permissions.
        command.uid(65_534).gid(65_534);
    }
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(command);
        daemon.wait_for_reload();
        daemon
    });
    let daemon = daemon.await.expect("the stored flags are loaded");
    upstream.set_handler(|_| document_response("b"));
    let daemon = tokio::task::spawn_blocking(move || {
        let line = daemon
            .wait_for_log(|line| line["error"].as_str().is_some_and(|e| e.contains("denied")));
        assert_eq!(line["level"], "WARN", "{line}");
        daemon
    });
    let daemon = daemon.await.expect("a warning is logged");
    let mut client = HttpClient::connect(daemon.port, HttpVersion::Http1).await;
    let path = "/flagd.evaluation.v1.Service/ResolveString";
    let answer = rpc::resolve_flag(&mut client, path, "f").await.json();
    assert_eq!(answer["value"], "b");
    mode(&state, 0o755);
}
