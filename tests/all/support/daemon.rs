//! The program itself: options, signals, exit codes.

use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::support::server::Client;
use crate::support::server::Http;

/// How long anything may take before a test says that it never happened.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A running `fanion start`. Killed when it is dropped.
pub struct Daemon {
    pub child: Child,
    pub port: u16,
    pub management: u16,
    pub ofrep: u16,
    pub sync: u16,
    logs: mpsc::Receiver<Value>,
}

/// `fanion start` with free ports and logs that a test can read.
pub fn command(directory: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanion"));
    command.current_dir(directory).env_clear();
    command.args([
        "start",
        "--port",
        "0",
        "--management-port",
        "0",
        "--sync-port",
        "0",
        "--ofrep-port",
        "0",
        "--log-format",
        "json",
    ]);
    command
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

impl Daemon {
    pub fn start(directory: &Path, options: &[&str]) -> Daemon {
        Daemon::spawn(command(directory, options))
    }

    pub fn spawn(command: Command) -> Daemon {
        let mut daemon = Daemon::unheard(command);
        // In the order in which they are opened.
        daemon.port = daemon.listening("evaluation");
        daemon.management = daemon.listening("management");
        daemon.ofrep = daemon.listening("ofrep");
        daemon.sync = daemon.listening("sync");
        daemon
    }

    fn unheard(mut command: Command) -> Daemon {
        let mut child = command.spawn().expect("the daemon starts");
        let stderr = BufReader::new(child.stderr.take().expect("its log"));
        let (sender, logs) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap_or(Value::String(line)));
            }
        });
        Daemon {
            child,
            port: 0,
            management: 0,
            ofrep: 0,
            sync: 0,
            logs,
        }
    }

    /// The port of a listener, 0 for a Unix socket.
    fn listening(&self, name: &str) -> u16 {
        let line = self.log(|line| line["message"] == "listening" && line["name"] == name);
        u16::try_from(line["port"].as_u64().unwrap_or(0)).expect("a port")
    }

    /// One that logs for people; its ports are not known.
    pub fn console(directory: &Path, options: &[&str]) -> Daemon {
        let mut command = command(directory, options);
        command.args(["--log-format", "console"]);
        Daemon::unheard(command)
    }

    /// The next line of a log for people of which `is` says that it is the one.
    pub fn line(&self, is: impl Fn(&str) -> bool) -> String {
        let line = self.log(|line| line.as_str().is_some_and(&is));
        line.as_str().unwrap_or("").to_owned()
    }

    /// The next log line of which `is` says that it is the one.
    pub fn log(&self, is: impl Fn(&Value) -> bool) -> Value {
        let mut seen = Vec::new();
        loop {
            match self.logs.recv_timeout(DEADLINE) {
                Ok(line) if is(&line) => return line,
                Ok(line) => seen.push(line),
                Err(error) => panic!("no such log line ({error}) after {seen:#?}"),
            }
        }
    }

    /// Waits until a change of the flags is in force.
    pub fn in_force(&self) -> Value {
        self.log(|line| line["message"] == "flags are in force")
    }

    pub fn terminate(&self) {
        let pid = i32::try_from(self.child.id()).expect("a process id");
        let pid = rustix::process::Pid::from_raw(pid).expect("a process id");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command
        .env_clear()
        .args(arguments)
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn all_invalid_options_are_reported_together() {
    let fanion = env!("CARGO_BIN_EXE_fanion");
    let output = run(
        fanion,
        &[
            "start",
            "--uri",
            "ftp://x",
            "--port",
            "x",
            "--log-format",
            "xml",
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    for part in ["ftp://x", "--port", "--log-format"] {
        assert!(told.contains(part), "{told}");
    }
    let output = run(fanion, &["start"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no sync implementation set"));
}

#[test]
fn port_in_use_fails_startup_and_names_the_port() {
    let taken = std::net::TcpListener::bind("[::]:0").expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let output = run(
        env!("CARGO_BIN_EXE_fanion"),
        &[
            "start",
            "--uri",
            "file:x.yaml",
            "--port",
            &port,
            "--management-port",
            "0",
            "--sync-port",
            "0",
            "--ofrep-port",
            "0",
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&port));
}

#[tokio::test]
async fn readyz_returns_412_until_flags_are_loaded() {
    let directory = tempfile::tempdir().expect("a directory");
    let daemon = Daemon::start(directory.path(), &["--uri", "file:flags.yaml"]);
    let mut probe = Client::connect(daemon.management, Http::One).await;
    assert_eq!(probe.post("/healthz", &[], "").await.status, 200);
    assert_eq!(probe.post("/readyz", &[], "").await.status, 412);
    assert_eq!(probe.post("/other", &[], "").await.status, 404);
    std::fs::write(directory.path().join("flags.yaml"), "flags: {}").expect("a file");
    daemon.in_force();
    assert_eq!(probe.post("/readyz", &[], "").await.status, 200);
}

#[tokio::test]
async fn sigterm_sends_provider_shutdown_and_exits_with_0() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("flags.yaml"), "flags: {}").expect("a file");
    let mut daemon = Daemon::start(directory.path(), &["--uri", "file:flags.yaml"]);
    daemon.in_force();
    let mut streams = Vec::new();
    for version in [Http::One, Http::Two] {
        let mut client = Client::connect(daemon.port, version).await;
        streams.push(tokio::spawn(async move {
            let path = "/flagd.evaluation.v1.Service/EventStream";
            let content = ["content-type: application/connect+json"];
            client.post(path, &content, &b"\0\0\0\0\x02{}"[..]).await
        }));
    }
    // Both streams must be open before the signal: a third client knows, for connections are served in order.
    daemon_knows(&daemon, streams.len()).await;
    daemon.terminate();
    for stream in streams {
        let body = stream.await.expect("the stream ends well").body;
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(
            body.contains("provider_ready") && body.contains("provider_shutdown"),
            "{body}"
        );
    }
    assert_eq!(daemon.child.wait().expect("it ends").code(), Some(0));
}

/// Waits until the daemon holds `count` connections besides the one that asks.
async fn daemon_knows(daemon: &Daemon, count: usize) {
    let path = format!("/proc/{}/fd", daemon.child.id());
    let sockets = || {
        let entries = std::fs::read_dir(&path).expect("its files");
        let links = entries.filter_map(|e| std::fs::read_link(e.ok()?.path()).ok());
        links
            .filter(|link| link.to_string_lossy().starts_with("socket:"))
            .count()
    };
    let mut client = Client::connect(daemon.port, Http::One).await;
    let end = std::time::Instant::now() + DEADLINE;
    // Two listeners, the streams, and this connection.
    while sockets() < 2 + count + 1 {
        assert!(std::time::Instant::now() < end, "the streams never arrived");
        client.post("/", &[], "").await;
    }
    client.post("/", &[], "").await;
}

#[tokio::test]
async fn idle_connection_does_not_delay_shutdown() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("flags.yaml"), "flags: {}").expect("a file");
    let mut daemon = Daemon::start(directory.path(), &["--uri", "file:flags.yaml"]);
    daemon.in_force();
    let _silent = std::net::TcpStream::connect(("127.0.0.1", daemon.port)).expect("a connection");
    daemon_knows(&daemon, 1).await;
    daemon.terminate();
    assert_eq!(daemon.child.wait().expect("it ends").code(), Some(0));
    let lines: Vec<Value> = daemon.logs.iter().collect();
    assert!(!format!("{lines:?}").contains("cut off"), "{lines:?}");
}

#[tokio::test]
async fn header_context_overrides_static_context_overrides_request() {
    let directory = tempfile::tempdir().expect("a directory");
    let flags = r#"{"flags": {"f": {"variants": {"a": "a", "b": "b", "c": "c", "ü": "ü"},
        "targeting": {"var": "k"}}}}"#;
    std::fs::write(directory.path().join("flags.json"), flags).expect("a file");
    let options = ["--uri", "file:flags.json", "-X", "k=b", "-H", "X-K=k"];
    let daemon = Daemon::start(directory.path(), &options);
    daemon.in_force();
    let mut client = Client::connect(daemon.port, Http::One).await;
    let body = r#"{"flagKey": "f", "context": {"k": "a"}}"#;
    let json = "content-type: application/json";
    for (service, headers, want) in [
        ("flagd.evaluation.v1", vec![json], "b"),
        ("flagd.evaluation.v1", vec![json, "x-k: c"], "c"),
        ("flagd.evaluation.v2", vec![json, "x-k: c"], "c"),
        ("flagd.evaluation.v1", vec![json, "x-k: ü"], "ü"),
        // The oldest contract does not look at headers.
        ("schema.v1", vec![json, "x-k: c"], "b"),
    ] {
        let path = format!("/{service}.Service/ResolveString");
        let answer = client.post(&path, &headers, body).await.json();
        assert_eq!(answer["value"], want, "{service} {headers:?}");
    }
}

#[test]
fn eval_reads_flag_files_without_a_server() {
    let flags = concat!(env!("CARGO_MANIFEST_DIR"), "/flags");
    let flagctl = env!("CARGO_BIN_EXE_flagctl");
    let eval = |key: &str, context: &str| {
        run(
            flagctl,
            &[
                "eval",
                key,
                "--flags",
                flags,
                "--context",
                context,
                "-o",
                "json",
            ],
        )
    };
    let output = eval("mobile.sync.protocol", r#"{"version": "2.1.0"}"#);
    assert_eq!(output.status.code(), Some(0));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["value"], "v2");
    let output = eval("no.such.flag", "{}");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("FLAG_NOT_FOUND"));
    assert_eq!(eval("mobile.sync.protocol", "[1").status.code(), Some(2));
}

#[tokio::test]
async fn info_log_contains_no_flag_or_context_values() {
    let directory = tempfile::tempdir().expect("a directory");
    let flags = r#"{"flags": {"f": {"variants": {"secret-variant": "secret-value"}, "defaultVariant": "secret-variant"}}}"#;
    std::fs::write(directory.path().join("flags.json"), flags).expect("a file");
    let mut daemon = Daemon::start(directory.path(), &["--uri", "file:flags.json"]);
    let mut client = Client::connect(daemon.port, Http::One).await;
    let body = r#"{"flagKey": "f", "context": {"k": "secret-attribute"}}"#;
    let path = "/flagd.evaluation.v1.Service/ResolveString";
    let answer = client
        .post(path, &["content-type: application/json"], body)
        .await;
    assert_eq!(answer.status, 200);
    daemon.terminate();
    daemon.child.wait().expect("it ends");
    let lines: Vec<Value> = daemon.logs.iter().collect();
    assert!(
        lines.iter().any(|line| line["message"] == "stopped"),
        "{lines:?}"
    );
    assert!(!format!("{lines:?}").contains("secret"), "{lines:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn source_thread_has_lower_priority_than_request_threads() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("flags.json");
    let flag = r#"{"variants": {"on": true}, "defaultVariant": "on"}"#;
    std::fs::write(&file, format!(r#"{{"flags": {{"a": {flag}}}}}"#)).expect("a file");
    let daemon = Daemon::start(directory.path(), &["--uri", "file:flags.json"]);
    let edited = format!(r#"{{"flags": {{"a": {flag}, "b": {flag}}}}}"#);
    std::fs::write(&file, edited).expect("an edit");
    // Once the edit is in force, the first look is over.
    daemon.log(|line| line["message"] == "flags are in force" && line["flags"] == 2);
    let threads = std::fs::read_dir(format!("/proc/{}/task", daemon.child.id()));
    let threads = threads.expect("threads").map(|thread| {
        let stat = std::fs::read_to_string(thread.expect("a thread").path().join("stat"));
        // `ID (NAME) STATE …`: niceness is the 19th field.
        let stat = stat.expect("its figures");
        let (name, figures) = stat.rsplit_once(") ").expect("a name");
        let name = name.split_once('(').expect("a name").1.to_owned();
        let nice: i32 = figures
            .split(' ')
            .nth(16)
            .expect("figures")
            .parse()
            .expect("a number");
        (name, nice)
    });
    let (sources, others): (Vec<_>, Vec<_>) = threads.partition(|(name, _)| name == "source");
    assert_eq!(sources.len(), 1);
    let highest = others.iter().map(|(_, nice)| nice).max();
    assert!(Some(&sources[0].1) > highest, "{sources:?} {others:?}");
}
