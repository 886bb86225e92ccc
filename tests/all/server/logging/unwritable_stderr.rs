//! A log that cannot be written loses lines, and nothing else.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::ChildStderr;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use rustix::process::Pid;
use rustix::process::Signal;
use serde_json::Value;

use crate::support::program::daemon;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::prometheus;
use crate::support::server::rpc;
use crate::support::sources::document;
use crate::support::temp_dir::TempDir;
use crate::support::temp_dir::replace_file;
use crate::support::wait::DEADLINE;
use crate::support::wait::poll_until;
use crate::support::wait::wait_until;

const LOST: &str = "fanion_log_lost_lines_total";

/// The time within which the process must end: the grace period and half a second.
const END: Duration = Duration::from_millis(5500);

/// A daemon whose log the test reads or leaves unread. Killed when dropped.
struct LoggingDaemon {
    child: Child,
    directory: TempDir,
    port: u16,
    management: u16,
    ofrep: u16,
}

impl LoggingDaemon {
    /// Starts the daemon with the log on a pipe, which is read until all ports are known.
    fn start(flags: &str, options: &[&str]) -> (LoggingDaemon, BufReader<ChildStderr>) {
        let directory = TempDir::new();
        directory.write("flags.json", flags);
        let mut command = daemon::command(directory.path(), &["--uri", "file:flags.json"]);
        let mut child = command.args(options).spawn().expect("the daemon starts");
        let mut log = BufReader::new(child.stderr.take().expect("its log"));
        let mut ports = Vec::new();
        while ports.len() < 4 {
            let mut line = String::new();
            log.read_line(&mut line).expect("a line");
            ports.extend(listening_port(&line));
        }
        let daemon = LoggingDaemon::with_ports(child, directory, &ports);
        (daemon, log)
    }

    /// The ports in the order in which the daemon logs them.
    fn with_ports(child: Child, directory: TempDir, ports: &[u16]) -> LoggingDaemon {
        LoggingDaemon {
            child,
            directory,
            port: ports[0],
            management: ports[1],
            ofrep: ports[2],
        }
    }

    fn edit(&self, text: &str) {
        replace_file(&self.directory.path().join("flags.json"), text);
    }

    async fn wait_for_value(&self, want: &str) {
        let is_served = async || {
            let mut client = HttpClient::connect(self.port, HttpVersion::Http1).await;
            let path = "/flagd.evaluation.v1.Service/ResolveString";
            let answer = rpc::resolve_flag(&mut client, path, "f").await.json();
            answer["value"] == want
        };
        poll_until(is_served, || format!("{want} is never served")).await;
    }

    async fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let scrape = prometheus::scrape_port(self.management).await;
        scrape.sum(name, labels)
    }

    async fn is_ready(&self) -> bool {
        let mut probe = HttpClient::connect(self.management, HttpVersion::Http1).await;
        probe.post("/readyz", &[], "").await.status == 200
    }

    /// Sends SIGTERM, and asserts that the process ends in time with status 0.
    fn terminates(&mut self) {
        let pid = i32::try_from(self.child.id()).expect("a process id");
        let pid = Pid::from_raw(pid).expect("a process id");
        rustix::process::kill_process(pid, Signal::TERM).expect("the process runs");
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a process") {
                break status;
            }
            assert!(begun.elapsed() < END, "the process is still running");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert_eq!(status.code(), Some(0));
    }
}

impl Drop for LoggingDaemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The port in a log line about a listener.
fn listening_port(line: &str) -> Option<u16> {
    let line: Value = serde_json::from_str(line).ok()?;
    let port = line["port"]
        .as_u64()
        .filter(|_| line["message"] == "listening");
    u16::try_from(port?).ok()
}

#[tokio::test]
async fn log_without_a_reader_loses_lines_and_nothing_else() {
    let (mut daemon, log) = LoggingDaemon::start(&document("a"), &[]);
    daemon.wait_for_value("a").await;
    drop(log);
    for variant in ["b", "c"] {
        daemon.edit(&document(variant));
        daemon.wait_for_value(variant).await;
    }
    assert!(daemon.metric(LOST, &[]).await > 0.5);
    assert!(daemon.is_ready().await);
    daemon.terminates();
}

#[tokio::test]
async fn unread_log_stops_no_evaluation_edit_or_shutdown() {
    let flags: String = (0..1000)
        .map(|i| format!(r#","g{i}": {{"variants": {{"on": true}}, "defaultVariant": "on"}}"#))
        .collect();
    let document = |variant: &str| {
        format!(
            r#"{{"flags": {{"f": {{"variants": {{"v": "{variant}"}}, "defaultVariant": "v"}}{flags}}}}}"#
        )
    };
    let (mut daemon, unread) = LoggingDaemon::start(&document("a"), &["--debug"]);
    daemon.wait_for_value("a").await;
    // Each request logs 1,001 decisions; the pipe and the queue hold fewer than 10,000.
    let fills_up = async || {
        let mut client = HttpClient::connect(daemon.ofrep, HttpVersion::Http1).await;
        let path = "/ofrep/v1/evaluate/flags";
        let answer = client.post(path, &["content-type: application/json"], "{}");
        assert_eq!(answer.await.status, 200);
        daemon.metric(LOST, &[]).await > 0.5
    };
    poll_until(fills_up, || "no line is lost".to_owned()).await;
    daemon.edit(&document("b"));
    daemon.wait_for_value("b").await;
    assert!(daemon.is_ready().await);
    let is_stalled = async || {
        let labels = ["thread=\"log\""];
        daemon.metric("fanion_thread_stalled", &labels).await > 0.5
    };
    poll_until(is_stalled, || "the stall is not reported".to_owned()).await;
    daemon.terminates();
    drop(unread);
}

/// Starts the daemon with its log in a file that cannot grow beyond 8 KiB, as on a full disk.
fn start_with_limited_log(directory: TempDir) -> LoggingDaemon {
    let command = daemon::command(directory.path(), &["--uri", "file:flags.json"]);
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$@\" 2>>log";
    let mut limited = Command::new("/bin/sh");
    limited
        .args(["-c", script, "sh"])
        .arg(command.get_program());
    limited
        .args(command.get_args())
        .current_dir(directory.path());
    let child = limited
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the daemon starts");
    let ports = wait_for_ports(directory.path());
    LoggingDaemon::with_ports(child, directory, &ports)
}

/// The ports that the log names, once it names all four.
fn wait_for_ports(directory: &Path) -> Vec<u16> {
    let begun = Instant::now();
    loop {
        let log = read_log(directory);
        let ports: Vec<u16> = log.lines().filter_map(listening_port).collect();
        if ports.len() == 4 {
            return ports;
        }
        assert!(begun.elapsed() < DEADLINE, "no ports in {log}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn read_log(directory: &Path) -> String {
    fs::read_to_string(directory.join("log")).unwrap_or_default()
}

#[tokio::test]
async fn full_disk_loses_lines_and_the_log_says_how_many() {
    let directory = TempDir::new();
    directory.write("flags.json", document("a"));
    let mut daemon = start_with_limited_log(directory);
    let mut edits = 0;
    let fills_up = async || {
        edits += 1;
        let variant = format!("v{edits}");
        daemon.edit(&document(&variant));
        daemon.wait_for_value(&variant).await;
        daemon.metric(LOST, &[]).await > 2.5
    };
    poll_until(fills_up, || "no line is lost".to_owned()).await;
    assert!(daemon.is_ready().await);
    // There is room again.
    let log = fs::File::options()
        .write(true)
        .open(daemon.directory.path().join("log"));
    log.and_then(|log| log.set_len(0)).expect("it is truncated");
    daemon.edit(&document("last"));
    daemon.wait_for_value("last").await;
    let path = daemon.directory.path();
    let reported = || {
        let log = read_log(path);
        log.contains("flags reloaded") && log.contains("log lines were lost")
    };
    wait_until(reported, || read_log(path)).await;
    daemon.terminates();
}
