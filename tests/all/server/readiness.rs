//! `/readyz` waits until flags are loaded.

use serde_json::json;

use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::sources::document;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::http_response;
use crate::support::temp_dir::TempDir;
use crate::support::wait::poll_until;

#[tokio::test]
async fn readyz_waits_for_every_source() {
    let directory = TempDir::new();
    directory.write("flags.json", document("a"));
    let upstream =
        HttpUpstream::start(|_| http_response("500 Internal Server Error", &[], "")).await;
    let sources =
        json!([{"uri": upstream.url("/"), "provider": "http", "interval": 1}]).to_string();
    let mut command = daemon::command(directory.path(), &["--uri", "file:flags.json"]);
    command.env("FLAGD_SOURCES", sources);
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(command);
        daemon.wait_for_reload();
        daemon.wait_for_log(|line| line["level"] == "ERROR");
        daemon
    });
    let daemon = daemon.await.expect("the file is loaded and the URL fails");
    let mut probe = HttpClient::connect(daemon.management, HttpVersion::Http1).await;
    assert_eq!(probe.post("/readyz", &[], "").await.status, 412);
    upstream.set_handler(|_| {
        http_response(
            "200 OK",
            &["content-type: application/json"],
            "{\"flags\": {}}",
        )
    });
    let daemon = tokio::task::spawn_blocking(move || {
        daemon.wait_for_log(|line| {
            line["message"]
                .as_str()
                .is_some_and(|m| m.contains("recovered after"))
        });
        daemon
    });
    let daemon = daemon.await.expect("the source recovers");
    daemon.wait_until_ready().await;
}

#[tokio::test]
async fn readyz_returns_412_until_flags_are_loaded() {
    let directory = TempDir::new();
    let daemon = Daemon::start(directory.path(), &["--uri", "file:flags.yaml"]);
    let mut probe = HttpClient::connect(daemon.management, HttpVersion::Http1).await;
    assert_eq!(probe.post("/healthz", &[], "").await.status, 200);
    assert_eq!(probe.post("/readyz", &[], "").await.status, 412);
    assert_eq!(probe.post("/other", &[], "").await.status, 404);
    directory.write("flags.yaml", "flags: {}");
    daemon.wait_for_reload();
    assert_eq!(probe.post("/readyz", &[], "").await.status, 200);
}

#[tokio::test]
async fn readyz_names_sources_whose_flags_are_stale() {
    let directory = TempDir::new();
    directory.write("flags.json", document("a"));
    directory.write("other.json", document("a"));
    let options = ["--uri", "file:flags.json", "--uri", "file:other.json"];
    let daemon = Daemon::start(directory.path(), &options);
    daemon.wait_until_ready().await;
    assert_eq!(daemon.readyz().await.text(), "");
    std::fs::remove_file(directory.path().join("flags.json")).expect("it exists");
    let is_named = async || {
        let answer = daemon.readyz().await;
        let stale = "stale flags of source flags.json: No such file or directory";
        assert_eq!(answer.status, 200);
        answer.text().starts_with(stale) && answer.text().lines().count() == 1
    };
    poll_until(is_named, || "the source is not named".to_owned()).await;
    directory.write("flags.json", document("b"));
    let is_current = async || daemon.readyz().await.text().is_empty();
    poll_until(is_current, || "the source stays stale".to_owned()).await;
}

#[tokio::test]
async fn readyz_and_log_name_each_source_without_flags() {
    let directory = TempDir::new();
    directory.write("good.json", document("a"));
    directory.write("bad.json", "{\"flags\":");
    let upstream = HttpUpstream::start(|_| http_response("503 Service Unavailable", &[], "")).await;
    let url = upstream.url("/f.json?token=hush");
    let files = "--uri file:good.json --uri file:missing.json --uri file:bad.json --uri";
    let options: Vec<&str> = files.split(' ').chain([&*url]).collect();
    let command = daemon::command(directory.path(), &options);
    let daemon = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(command);
        daemon.wait_for_reload();
        // The news about the good file is followed by the bad news.
        for (source, error) in [("missing.json", "No such file"), ("bad.json", "F001")] {
            let line = daemon.wait_for_log(|line| line["source"] == source);
            assert_eq!(line["message"], "not ready: no flags from this source yet");
            assert!(
                line["error"]
                    .as_str()
                    .is_some_and(|why| why.contains(error)),
                "{line}"
            );
        }
        daemon.wait_for_log(|line| line["level"] == "ERROR" && line["error_kind"] == "http");
        daemon
    });
    let daemon = daemon.await.expect("the file is loaded and the URL fails");
    let mut probe = HttpClient::connect(daemon.management, HttpVersion::Http1).await;
    let answer = probe.post("/readyz", &[], "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (412, "text/plain; charset=utf-8")
    );
    let lines: Vec<&str> = answer.text().lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    for (line, source, why) in [
        (lines[0], "missing.json", "No such file or directory"),
        (
            lines[1],
            "bad.json",
            "bad.json:1:10: F001: the bracket `{` at 1:1 is not closed",
        ),
        (lines[2], "/f.json?[redacted]", "503 Service Unavailable"),
    ] {
        assert!(line.starts_with("no flags from source "), "{line}");
        assert!(line.contains(source) && line.contains(why), "{line}");
    }
    directory.write("missing.json", document("a"));
    directory.write("bad.json", document("a"));
    upstream.set_handler(|_| {
        http_response(
            "200 OK",
            &["content-type: application/json"],
            "{\"flags\": {}}",
        )
    });
    daemon.wait_until_ready().await;
    assert_eq!(probe.post("/readyz", &[], "").await.text(), "");
}
