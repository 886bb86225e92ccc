//! Supervision: a panic or stall of any part shows in readiness, a metric or the exit status.

pub mod stalled_sources;

use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use serde_json::Value;
use serde_json::json;

use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpResponse;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::prometheus;
use crate::support::sources::document;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::ReceivedRequest;
use crate::support::sources::http_upstream::Reply;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::store_document;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;

/// The time within which a failure must be detected.
const WITHIN: Duration = Duration::from_secs(5);

/// A daemon with fault injection.
struct Faulty {
    daemon: Daemon,
    directory: TempDir,
}

impl Faulty {
    /// Starts the daemon with a flag file.
    fn start() -> Faulty {
        let directory = TempDir::new();
        std::fs::write(directory.path().join("flags.json"), document("a")).expect("a file");
        Faulty::with_source(directory, "file:flags.json")
    }

    fn with_source(directory: TempDir, uri: &str) -> Faulty {
        let mut command = daemon::command(directory.path(), &["--uri", uri]);
        command.env("FANION_FAULTS", faults(directory.path()));
        let daemon = Daemon::spawn(command);
        daemon.wait_for_reload();
        Faulty { daemon, directory }
    }

    /// Injects a fault such as `panic updater`; an empty text removes it.
    fn inject(&self, fault: &str) {
        std::fs::write(faults(self.directory.path()), fault).expect("a file");
    }

    /// Changes the flag file.
    fn edit(&self, variant: &str) {
        let path = self.directory.path().join("flags.json");
        let next = path.with_extension("next");
        std::fs::write(&next, document(variant)).expect("a file");
        std::fs::rename(&next, &path).expect("the same directory");
    }

    /// Asserts that the process exits with status 1 in time.
    fn exits_with_1(&mut self) {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.daemon.child.try_wait().expect("a process") {
                break status;
            }
            assert!(begun.elapsed() < WITHIN, "the process is still running");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(status.code(), Some(1));
    }

    fn error_log(&self, text: &str) -> Value {
        self.daemon.wait_for_log(|line| {
            let message = line["message"].as_str().unwrap_or("");
            line["level"] == "ERROR" && message.contains(text)
        })
    }

    /// Waits until `/readyz` has this status.
    async fn is_ready(&self, status: u16) -> HttpResponse {
        let begun = Instant::now();
        loop {
            let answer = self.daemon.readyz().await;
            if answer.status.as_u16() == status {
                return answer;
            }
            assert!(begun.elapsed() < WITHIN, "/readyz is {}", answer.status);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn metric(&self, name: &str) -> f64 {
        let scrape = prometheus::scrape_port(self.daemon.management).await;
        scrape.sum(name, &[])
    }
}

fn faults(directory: &Path) -> PathBuf {
    directory.join("faults")
}

#[tokio::test]
async fn panic_in_the_update_thread_ends_the_process_with_1() {
    let mut faulty = Faulty::start();
    faulty.inject("panic updater");
    faulty.exits_with_1();
    let line = faulty.error_log("the update thread panicked: injected fault at updater");
    let message = line["message"].as_str().unwrap_or("");
    assert!(
        message.ends_with("flags can no longer change, exiting"),
        "{line}"
    );
}

#[test]
fn panic_during_the_initial_load_ends_the_process_with_1() {
    let directory = TempDir::new();
    std::fs::write(directory.path().join("flags.json"), document("a")).expect("a file");
    std::fs::write(faults(directory.path()), "panic file-read").expect("a file");
    let mut command = daemon::command(directory.path(), &["--uri", "file:flags.json"]);
    command.env("FANION_FAULTS", faults(directory.path()));
    let mut faulty = Faulty {
        daemon: Daemon::spawn(command),
        directory,
    };
    faulty.exits_with_1();
    faulty.error_log("the update thread panicked: injected fault at file-read");
}

#[tokio::test]
async fn blocked_update_thread_is_not_ready_until_it_responds() {
    const GAUGE: &str = "fanion_update_thread_up";
    let faulty = Faulty::start();
    assert_eq!(faulty.daemon.readyz().await.status, 200);
    assert!(faulty.metric(GAUGE).await > 0.5);
    faulty.inject("block updater");
    faulty.edit("b");
    let answer = faulty.is_ready(412).await;
    assert_eq!(answer.text(), "the update thread does not respond\n");
    assert!(faulty.metric(GAUGE).await < 0.5);
    faulty.error_log("the update thread does not respond within 2s");
    faulty.inject("");
    faulty.is_ready(200).await;
    assert!(faulty.metric(GAUGE).await > 0.5);
    faulty
        .daemon
        .wait_for_log(|line| line["message"] == "the update thread responds again");
}

#[tokio::test]
async fn panicked_network_source_is_counted_and_restarted() {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let directory = TempDir::new();
    let url = upstream.url("/flags.json");
    // Each task panics at its first poll; a restarted task polls immediately.
    std::fs::write(faults(directory.path()), "panic http-poll").expect("a file");
    let mut command = daemon::command(directory.path(), &["--uri", &url]);
    command.env("FANION_FAULTS", faults(directory.path()));
    let faulty = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(command);
        let line = daemon.wait_for_log(|line| line["error_kind"] == "panic");
        assert_eq!(
            line["error"],
            "the task panicked: injected fault at http-poll"
        );
        let faulty = Faulty { daemon, directory };
        faulty.inject("");
        faulty.daemon.wait_for_reload();
        faulty
    })
    .await
    .expect("the source recovers");
    let scrape = prometheus::scrape_port(faulty.daemon.management).await;
    assert!(scrape.sum("fanion_source_errors_total", &["kind=\"panic\""]) > 0.5);
    faulty.is_ready(200).await;
}

/// A response whose entity tag is that of the variant; 304 if the request has this tag.
fn tagged_response(request: &ReceivedRequest, variant: &str) -> Reply {
    let tag = format!("\"{variant}\"");
    if request.header("if-none-match") == tag {
        return http_response("304 Not Modified", &[], "");
    }
    let tag = format!("etag: {tag}");
    let headers = ["content-type: application/json", &*tag];
    http_response("200 OK", &headers, &document(variant))
}

#[tokio::test]
async fn restarted_source_does_not_take_a_stored_document_for_active() {
    let upstream = HttpUpstream::start(|request| tagged_response(request, "b")).await;
    let directory = TempDir::new();
    let url = upstream.url("/flags.json");
    let now = SystemTime::now();
    store_document(directory.path(), &url, "a", Some("\"a\""), now);
    let sources = json!([{"uri": url, "provider": "http", "interval": 1}]).to_string();
    let options = ["--sources", &*sources, "--state-dir", "state"];
    let mut command = daemon::command(directory.path(), &options);
    command.env("FANION_FAULTS", faults(directory.path()));
    let task = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn(command);
        // The stored flags, then those of the source.
        daemon.wait_for_reload();
        daemon.wait_for_reload();
        let faulty = Faulty { daemon, directory };
        faulty.inject("panic http-poll");
        let is_panic = |line: &Value| line["error_kind"] == "panic";
        faulty.daemon.wait_for_log(is_panic);
        faulty
    });
    let faulty = task.await.expect("the source panics");
    // The source has the document of the earlier process again.
    upstream.set_handler(|request| tagged_response(request, "a"));
    faulty.inject("");
    let reloaded = tokio::task::spawn_blocking(move || faulty.daemon.wait_for_reload()).await;
    assert_eq!(reloaded.expect("the flags change")["changed"], 1);
}

/// A fault in the accept loop of a port must end the process.
fn assert_accept_loop_panic_exits(point: &str, port: impl Fn(&Daemon) -> u16) {
    let mut faulty = Faulty::start();
    faulty.inject(&format!("panic {point}"));
    let _connection =
        std::net::TcpStream::connect(("127.0.0.1", port(&faulty.daemon))).expect("a connection");
    faulty.exits_with_1();
    faulty.error_log("exiting");
}

#[test]
fn panic_in_the_evaluation_accept_loop_ends_the_process_with_1() {
    assert_accept_loop_panic_exits("accept-evaluation", |daemon| daemon.port);
}

#[test]
fn panic_in_the_management_accept_loop_ends_the_process_with_1() {
    assert_accept_loop_panic_exits("accept-management", |daemon| daemon.management);
}

#[test]
fn panic_in_the_ofrep_accept_loop_ends_the_process_with_1() {
    assert_accept_loop_panic_exits("accept-ofrep", |daemon| daemon.ofrep);
}

#[test]
fn panic_in_the_sync_accept_loop_ends_the_process_with_1() {
    assert_accept_loop_panic_exits("accept-sync", |daemon| daemon.sync);
}

#[tokio::test]
async fn panicked_event_stream_is_counted_and_the_process_lives() {
    let faulty = Faulty::start();
    assert!(faulty.metric("fanion_task_panics_total").await < 0.5);
    faulty.inject("panic stream");
    let port = faulty.daemon.port;
    let stream = tokio::spawn(async move {
        let path = "/flagd.evaluation.v1.Service/EventStream";
        let content = ["content-type: application/connect+json"];
        let mut client = HttpClient::connect(port, HttpVersion::Http2).await;
        client.post(path, &content, &b"\0\0\0\0\x02{}"[..]).await
    });
    let begun = Instant::now();
    while faulty.metric("fanion_task_panics_total").await < 0.5 {
        assert!(begun.elapsed() < DEADLINE, "the panic is not counted");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stream.abort();
    faulty.inject("");
    assert_eq!(faulty.daemon.readyz().await.status, 200);
}
