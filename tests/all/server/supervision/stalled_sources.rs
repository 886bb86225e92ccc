//! File systems that do not respond: one source or directory never holds up another.

use std::time::Duration;
use std::time::Instant;

use crate::support::program::daemon;
use crate::support::program::daemon::Daemon;
use crate::support::server::certificates::CertificateAuthority;
use crate::support::server::certificates::connect_tls;
use crate::support::server::certificates::write_certificate;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::prometheus;
use crate::support::server::rpc;
use crate::support::sources::flag;
use crate::support::temp_dir::TempDir;
use crate::support::temp_dir::replace_file;
use crate::support::wait::poll_until;

const STALLED: &str = "fanion_thread_stalled";

/// The time within which a stall must be reported.
const WITHIN: Duration = Duration::from_secs(5);

/// A daemon with the sources `a.json` (flag `f`) and `b.json` (flag `g`), and with fault injection.
struct TwoSources {
    daemon: Daemon,
    directory: TempDir,
}

impl TwoSources {
    fn start(directory: TempDir, fault: &str, more: &[&str]) -> TwoSources {
        directory.write("faults", fault);
        let options = ["--uri", "file:a.json", "--uri", "file:b.json"];
        let mut command = daemon::command(directory.path(), &options);
        command.args(more);
        command.env("FANION_FAULTS", directory.path().join("faults"));
        let daemon = Daemon::spawn(command);
        TwoSources { daemon, directory }
    }

    fn directory() -> TempDir {
        let directory = TempDir::new();
        directory.write("a.json", flag("f", "a1"));
        directory.write("b.json", flag("g", "b1"));
        directory
    }

    /// Injects a fault such as `block file-read a.json`; an empty text removes it.
    fn inject(&self, fault: &str) {
        replace_file(&self.directory.path().join("faults"), fault);
    }

    fn edit(&self, file: &str, text: &str) {
        replace_file(&self.directory.path().join(file), text);
    }

    async fn value(&self, flag: &str) -> String {
        let mut client = HttpClient::connect(self.daemon.port, HttpVersion::Http1).await;
        let path = "/flagd.evaluation.v1.Service/ResolveString";
        let answer = rpc::resolve_flag(&mut client, path, flag).await.json();
        answer["value"].as_str().unwrap_or("").to_owned()
    }

    async fn wait_for_value(&self, flag: &str, want: &str) {
        let is_served = async || self.value(flag).await == want;
        poll_until(is_served, || format!("{flag} is never {want}")).await;
    }

    async fn stalled(&self, thread: &str) -> bool {
        let scrape = prometheus::scrape_port(self.daemon.management).await;
        scrape.sum(STALLED, &[&format!("thread=\"{thread}\"")]) > 0.5
    }

    fn terminates(&mut self) {
        self.daemon.terminate();
        let begun = Instant::now();
        while self.daemon.child.try_wait().expect("a process").is_none() {
            let limit = WITHIN + Duration::from_millis(500);
            assert!(begun.elapsed() < limit, "the process is still running");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[tokio::test]
async fn stalled_source_holds_up_no_other_and_is_reported() {
    let mut sources = TwoSources::start(TwoSources::directory(), "", &[]);
    sources.wait_for_value("f", "a1").await;
    sources.wait_for_value("g", "b1").await;
    sources.inject("block file-read a.json");
    sources.edit("a.json", &flag("f", "a2"));
    let begun = Instant::now();
    sources.edit("b.json", &flag("g", "b2"));
    sources.wait_for_value("g", "b2").await;
    assert!(begun.elapsed() < WITHIN);
    let is_stalled = async || sources.stalled("source a.json").await;
    poll_until(is_stalled, || "the stall is not reported".to_owned()).await;
    let answer = sources.daemon.readyz().await;
    assert_eq!(answer.status, 200);
    let text = answer.text();
    assert!(
        text.contains("stalled for ") && text.ends_with(" s: source a.json\n"),
        "{text}"
    );
    let line = sources
        .daemon
        .wait_for_log(|line| line["error_kind"] == "timeout");
    assert_eq!(
        (&line["source"], &line["error"]),
        (
            &"a.json".into(),
            &"a read of its files has not finished within 3s".into()
        )
    );
    assert!(begun.elapsed() < 2 * WITHIN);
    let scrape = prometheus::scrape_port(sources.daemon.management).await;
    let stale =
        |source: &str| scrape.sum("fanion_source_stale", &[&format!("source=\"{source}\"")]);
    assert!(stale("a.json") > 0.5 && stale("b.json") < 0.5);
    assert_eq!(sources.value("f").await, "a1");
    sources.edit("b.json", &flag("g", "b3"));
    sources.wait_for_value("g", "b3").await;
    sources.inject("");
    sources.wait_for_value("f", "a2").await;
    assert!(!sources.stalled("source a.json").await);
    assert_eq!(sources.daemon.readyz().await.text(), "");
    sources.inject("block file-read a.json");
    sources.edit("a.json", &flag("f", "a3"));
    sources.terminates();
}

#[tokio::test]
async fn source_stalled_at_the_start_gets_its_stored_flags() {
    let directory = TwoSources::directory();
    let options = ["--state-dir", "state"];
    let mut before = TwoSources::start(directory, "", &options);
    before.wait_for_value("f", "a1").await;
    before.terminates();
    let TwoSources { directory, daemon } = before;
    drop(daemon);
    let mut sources = TwoSources::start(directory, "block file-read a.json", &options);
    sources
        .daemon
        .wait_for_log(|line| line["error_kind"] == "timeout");
    sources.wait_for_value("f", "a1").await;
    sources.wait_for_value("g", "b1").await;
    sources.daemon.wait_until_ready().await;
    sources.terminates();
}

#[tokio::test]
async fn stalled_source_without_stored_flags_is_named() {
    let directory = TwoSources::directory();
    let mut sources = TwoSources::start(directory, "block file-read a.json", &[]);
    sources.wait_for_value("g", "b1").await;
    let is_named = async || {
        let answer = sources.daemon.readyz().await;
        answer.status == 412
            && answer.text().contains("no flags from source a.json")
            && answer.text().contains("s: source a.json")
    };
    poll_until(is_named, || "the source is not named".to_owned()).await;
    sources.inject("");
    sources.wait_for_value("f", "a1").await;
    sources.daemon.wait_until_ready().await;
    sources.terminates();
}

#[tokio::test]
async fn stalled_state_directory_holds_up_nothing() {
    let directory = TwoSources::directory();
    let options = ["--state-dir", "state"];
    let mut sources = TwoSources::start(directory, "block state-write state", &options);
    sources.daemon.wait_until_ready().await;
    for variant in ["b2", "b3"] {
        sources.edit("b.json", &flag("g", variant));
        sources.wait_for_value("g", variant).await;
    }
    let is_stalled = async || sources.stalled("state directory").await;
    poll_until(is_stalled, || "the stall is not reported".to_owned()).await;
    let scrape = prometheus::scrape_port(sources.daemon.management).await;
    assert!(scrape.sum("fanion_state_unsaved_documents", &[]) > 1.5);
    assert_eq!(sources.daemon.readyz().await.status, 200);
    sources.terminates();
}

#[tokio::test]
async fn state_directory_stalled_at_the_start_delays_it_little() {
    let directory = TwoSources::directory();
    std::fs::remove_file(directory.path().join("a.json")).expect("it exists");
    let options = ["--state-dir", "state"];
    let begun = Instant::now();
    let mut sources = TwoSources::start(directory, "block state-read state", &options);
    sources.wait_for_value("g", "b1").await;
    assert!(begun.elapsed() < 2 * WITHIN);
    sources.daemon.wait_for_log(|line| {
        line["message"]
            .as_str()
            .is_some_and(|m| m.contains("the state directory does not respond"))
    });
    sources.edit("a.json", &flag("f", "a2"));
    sources.wait_for_value("f", "a2").await;
    sources.terminates();
}

#[tokio::test]
async fn end_of_file_events_is_logged_and_edits_still_count() {
    let mut sources = TwoSources::start(TwoSources::directory(), "panic file-event", &[]);
    sources.wait_for_value("f", "a1").await;
    sources.edit("a.json", &flag("f", "a2"));
    sources.daemon.wait_for_log(|line| {
        let message = line["message"].as_str().unwrap_or("");
        message == "the thread of file events has ended; files are read every second"
    });
    sources.wait_for_value("f", "a2").await;
    // A new directory to watch.
    sources.directory.write("elsewhere/a.json", flag("f", "a3"));
    let link = sources.directory.path().join("link");
    std::os::unix::fs::symlink("elsewhere/a.json", &link).expect("a symlink");
    std::fs::rename(link, sources.directory.path().join("a.json")).expect("renamed");
    sources.wait_for_value("f", "a3").await;
    assert_eq!(sources.daemon.readyz().await.text(), "");
    sources.terminates();
    let status = sources.daemon.child.wait().expect("the process has ended");
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn stalled_certificates_are_reported_and_still_served() {
    let directory = TwoSources::directory();
    let authority = CertificateAuthority::new();
    write_certificate(directory.path(), &authority);
    let options = [
        "--server-cert-path",
        "cert.pem",
        "--server-key-path",
        "key.pem",
    ];
    let mut sources = TwoSources::start(directory, "", &options);
    sources.daemon.wait_until_ready().await;
    sources.inject("block tls-read cert.pem");
    let connector = authority.client(None);
    let (port, version) = (sources.daemon.port, HttpVersion::Http2);
    let is_stalled = async || {
        // A connection makes the daemon check the files.
        assert!(connect_tls(&connector, port, version).await.is_ok());
        sources.stalled("TLS certificates").await
    };
    poll_until(is_stalled, || "the stall is not reported".to_owned()).await;
    let mut client = connect_tls(&connector, port, version).await.expect("TLS");
    let path = "/flagd.evaluation.v1.Service/ResolveString";
    let answer = rpc::resolve_flag(&mut client, path, "f").await.json();
    assert_eq!(answer["value"], "a1");
    sources.terminates();
}

#[tokio::test]
async fn stalled_token_file_is_reported_and_its_tokens_stay_valid() {
    let directory = TwoSources::directory();
    directory.write("tokens", "hush-token-of-the-evaluation-port");
    let options = ["--evaluation-token-path", "tokens"];
    let mut sources = TwoSources::start(directory, "", &options);
    sources.daemon.wait_until_ready().await;
    sources.inject("block token-read tokens");
    let is_stalled = async || sources.stalled("evaluation tokens").await;
    poll_until(is_stalled, || "the stall is not reported".to_owned()).await;
    let readyz = sources.daemon.readyz().await;
    assert!(readyz.text().contains("evaluation tokens"), "{readyz:?}");
    let status = async |token: &str| {
        let mut client = HttpClient::connect(sources.daemon.port, HttpVersion::Http1).await;
        let path = "/flagd.evaluation.v1.Service/ResolveString";
        let authorization = format!("authorization: Bearer {token}");
        let headers = [rpc::JSON, &authorization];
        client.post(path, &headers, rpc::FLAG_F).await.status
    };
    assert_eq!(status("hush-token-of-the-evaluation-port").await, 200);
    assert_eq!(status("hush-token-of-another-port").await, 401);
    sources.inject("panic token-read tokens");
    sources.daemon.wait_for_log(|line| {
        let message = line["message"].as_str().unwrap_or("");
        message == "cannot reload the bearer tokens: keeping the previous ones"
    });
    sources.inject("");
    sources.edit("tokens", "hush-token-of-another-port");
    let is_rotated = async || status("hush-token-of-another-port").await == 200;
    poll_until(is_rotated, || "the tokens are not read again".to_owned()).await;
    sources.terminates();
}
