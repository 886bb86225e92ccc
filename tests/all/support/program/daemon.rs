//! A running `fanion start` process, its ports and its log.

use std::cell::RefCell;
use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread::JoinHandle;

use serde_json::Value;

use crate::support::program::secrets;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpResponse;
use crate::support::server::http_client::HttpVersion;
use crate::support::wait::DEADLINE;
use crate::support::wait::poll_until;

/// A running `fanion start` process. Killed when dropped.
pub struct Daemon {
    pub child: Child,
    pub port: u16,
    pub management: u16,
    pub ofrep: u16,
    pub sync: u16,
    pub logs: mpsc::Receiver<Value>,
    /// Reads the log to its end, and returns the first line with a secret of the tests.
    reader: Option<JoinHandle<Option<String>>>,
}

impl Daemon {
    pub fn start(directory: &Path, options: &[&str]) -> Daemon {
        Daemon::spawn(command(directory, options))
    }

    pub fn spawn(command: Command) -> Daemon {
        let mut daemon = Daemon::spawn_without_ports(command);
        // The order in which the daemon logs its ports.
        daemon.port = daemon.listening_port("evaluation");
        daemon.management = daemon.listening_port("management");
        daemon.ofrep = daemon.listening_port("ofrep");
        daemon.sync = daemon.listening_port("sync");
        daemon
    }

    pub fn spawn_without_ports(mut command: Command) -> Daemon {
        let mut child = command.spawn().expect("the daemon starts");
        let stderr = BufReader::new(child.stderr.take().expect("its log"));
        let (sender, logs) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            let mut leak = None;
            for line in stderr.lines().map_while(Result::ok) {
                if leak.is_none() && secrets::is_in(&line) {
                    leak = Some(line.clone());
                }
                let _ = sender.send(serde_json::from_str(&line).unwrap_or(Value::String(line)));
            }
            leak
        });
        Daemon {
            child,
            port: 0,
            management: 0,
            ofrep: 0,
            sync: 0,
            logs,
            reader: Some(reader),
        }
    }

    /// The port of a listener; 0 for a Unix socket.
    pub fn listening_port(&self, name: &str) -> u16 {
        let line = self.wait_for_log(|line| line["message"] == "listening" && line["name"] == name);
        u16::try_from(line["port"].as_u64().unwrap_or(0)).expect("a port")
    }

    /// Starts a daemon with the console log format. Its ports are unknown.
    pub fn start_with_console_log(directory: &Path, options: &[&str]) -> Daemon {
        let mut command = command(directory, options);
        command.args(["--log-format", "console"]);
        Daemon::spawn_without_ports(command)
    }

    /// The next line of a console log for which `is` returns true.
    pub fn wait_for_line(&self, is: impl Fn(&str) -> bool) -> String {
        let line = self.wait_for_log(|line| line.as_str().is_some_and(&is));
        line.as_str().unwrap_or("").to_owned()
    }

    /// The next log line for which `is` returns true.
    pub fn wait_for_log(&self, is: impl Fn(&Value) -> bool) -> Value {
        let mut seen = Vec::new();
        loop {
            match self.logs.recv_timeout(DEADLINE) {
                Ok(line) if is(&line) => return line,
                Ok(line) => seen.push(line),
                Err(error) => panic!("no such log line ({error}) after {seen:#?}"),
            }
        }
    }

    /// Waits until a change of the flags is active.
    pub fn wait_for_reload(&self) -> Value {
        self.wait_for_log(|line| line["message"] == "flags reloaded")
    }

    /// The response of `/readyz` on a new connection.
    pub async fn readyz(&self) -> HttpResponse {
        let mut probe = HttpClient::connect(self.management, HttpVersion::Http1).await;
        probe.post("/readyz", &[], "").await
    }

    /// Waits until `/readyz` answers 200.
    pub async fn wait_until_ready(&self) {
        let is_ready = async || self.readyz().await.status == 200;
        poll_until(is_ready, || "never ready".to_owned()).await;
    }

    pub fn terminate(&self) {
        self.send_signal(rustix::process::Signal::TERM);
    }

    pub fn send_signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.child.id()).expect("a process id");
        let pid = rustix::process::Pid::from_raw(pid).expect("a process id");
        rustix::process::kill_process(pid, signal).expect("the process runs");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let leak = self.reader.take().and_then(|reader| reader.join().ok());
        if !std::thread::panicking() {
            assert_eq!(leak.flatten(), None, "a secret was logged");
        }
    }
}

/// `fanion start` with free ports and a JSON log on standard error.
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

/// A daemon with one source and these variables in its environment.
pub fn command_with_env(directory: &Path, uri: &str, variables: &[(&str, String)]) -> Command {
    let mut command = command(directory, &["--uri", uri, "--debug"]);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command
}

/// Runs a daemon until `is` returns true for a line of its log. Returns that line and the log until then.
pub async fn run_until(
    command: Command,
    is: impl Fn(&Value) -> bool + Send + 'static,
) -> (Value, String) {
    let run = tokio::task::spawn_blocking(move || {
        let daemon = Daemon::spawn_without_ports(command);
        let log = RefCell::new(String::new());
        let line = daemon.wait_for_log(|line| {
            *log.borrow_mut() += &line.to_string();
            is(line)
        });
        (line, log.into_inner())
    });
    run.await.expect("such a line")
}

/// Returns true for the line that reports the first flags.
pub fn is_loaded(line: &Value) -> bool {
    line["message"] == "flags reloaded"
}
