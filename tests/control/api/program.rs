//! A running `fanion-control` with two environments, and an HTTP client for it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

/// Nothing that a test waits for takes longer.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// The flags of both environments.
pub const FLAGS: &str = r#"{
  "rings": {"internal": {"in": [{"var": "group"}, ["staff"]]}},
  "flags": {
    "pay.card": {
      "state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
      "rollout": {"variant": "on", "rings": ["internal"], "percentage": 5},
      "lifecycle": {"owner": "team-pay"}
    },
    "search": {
      "state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
      "rollout": {"variant": "on", "percentage": 10}
    }
  }
}"#;

/// A running control plane. It is killed when this is dropped.
pub struct Program {
    child: Child,
    port: u16,
    pub directory: TempDir,
    log: Arc<Mutex<String>>,
    options: Vec<String>,
}

/// A request.
pub struct Request<'r> {
    pub method: &'r str,
    /// The path and the query.
    pub path: &'r str,
    pub token: Option<&'r str>,
    pub headers: &'r [(&'r str, &'r str)],
    pub body: &'r str,
}

/// A response.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// The headers, by names in lower case.
    pub headers: BTreeMap<String, String>,
    pub text: String,
}

impl Reply {
    /// The body, which must be JSON.
    pub fn json(&self) -> Value {
        let json = serde_json::from_str(&self.text);
        json.unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The `detail` of a problem.
    pub fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap_or("").to_owned()
    }

    /// The `code` of a problem.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or("").to_owned()
    }
}

impl Program {
    /// Starts the program with the environments `prod` and `staging`, and more options.
    pub fn start(options: &[&str]) -> Program {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("flags.json"), FLAGS).unwrap();
        for (name, token) in [
            ("prod", "sync-token-of-prod-1"),
            ("staging", "sync-token-of-staging-1"),
        ] {
            std::fs::write(path(name), token).unwrap();
        }
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        Program::start_in(directory, options)
    }

    fn start_in(directory: TempDir, options: Vec<String>) -> Program {
        let path = |name: &str| directory.path().join(name).display().to_string();
        let flags = path("flags.json");
        let mut command = Command::new(env!("CARGO_BIN_EXE_fanion-control"));
        command.args([
            "--env",
            &format!("prod={flags}"),
            "--env",
            &format!("staging={flags}"),
        ]);
        for name in ["prod", "staging"] {
            command.args(["--sync-token-path", &format!("{name}={}", path(name))]);
        }
        command.args(["--data-dir", &path("data"), "--bind-address", "127.0.0.1"]);
        command
            .args(["--port", "0", "--sync-port", "0", "--log-format", "json"])
            .args(&options);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let log: Arc<Mutex<String>> = Arc::default();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let lines = log.clone();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                writeln!(lines.lock().unwrap(), "{line}").unwrap();
            }
        });
        let mut program = Program {
            child,
            port: 0,
            directory,
            log,
            options,
        };
        program.port = program.wait("the port", |program| program.logged_port("api"));
        program.wait("the flags", |program| {
            let ready = program.send(&Request {
                path: "/readyz",
                ..GET
            });
            (ready.status == 200).then_some(())
        });
        program
    }

    /// Ends the program as `kill -9` does, and starts it again.
    pub fn restart(mut self) -> Program {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let directory = std::mem::replace(&mut self.directory, tempfile::tempdir().unwrap());
        Program::start_in(directory, self.options.clone())
    }

    /// Ends the program as an operator does, and starts it again.
    pub fn restart_gracefully(mut self) -> Program {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap();
        let directory = std::mem::replace(&mut self.directory, tempfile::tempdir().unwrap());
        Program::start_in(directory, self.options.clone())
    }

    /// Waits until `look` finds something.
    pub fn wait<T>(&self, what: &str, look: impl Fn(&Program) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(begun.elapsed() < DEADLINE, "no {what}: {}", self.log());
            std::thread::yield_now();
        }
    }

    fn logged_port(&self, name: &str) -> Option<u16> {
        let log = self.log();
        let mut lines = log
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.find_map(|line| {
            let is_it = line["name"] == name || line["fields"]["name"] == name;
            let port = line.get("port").or_else(|| line["fields"].get("port"))?;
            u16::try_from(port.as_u64()?).ok().filter(|_| is_it)
        })
    }

    /// What the program has logged.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The address of the API.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The bootstrap token.
    pub fn bootstrap(&self) -> String {
        let path: PathBuf = self.directory.path().join("data/bootstrap-token");
        std::fs::read_to_string(path).unwrap().trim().to_owned()
    }

    /// Sends a request on a connection of its own.
    pub fn send(&self, request: &Request<'_>) -> Reply {
        let mut stream = self.connect(request);
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        parse(&String::from_utf8_lossy(&text))
    }

    /// Sends a request, and returns the connection.
    pub fn connect(&self, request: &Request<'_>) -> TcpStream {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: control\r\nconnection: close\r\ncontent-length: {}\r\n",
            request.method,
            request.path,
            request.body.len()
        );
        if let Some(token) = request.token {
            write!(head, "authorization: Bearer {token}\r\n").unwrap();
        }
        for (name, value) in request.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
            .write_all(format!("{head}\r\n{}", request.body).as_bytes())
            .unwrap();
        stream
    }

    /// Sends a request with a token to a path below `/fanion/v1`.
    pub fn call(&self, token: &str, method: &str, path: &str, body: &str) -> Reply {
        let path = format!("/fanion/v1{path}");
        let token = Some(token);
        self.send(&Request {
            method,
            path: &path,
            token,
            headers: &[],
            body,
        })
    }

    /// Sends a request with the bootstrap token, which must succeed.
    pub fn admin(&self, method: &str, path: &str, body: &str) -> Value {
        let reply = self.call(&self.bootstrap(), method, path, body);
        assert!(
            (200..300).contains(&reply.status),
            "{method} {path}: {}",
            reply.text
        );
        reply.json()
    }

    /// Makes a token, and returns its secret and its id.
    pub fn make_token(&self, body: &Value) -> (String, String) {
        let made = self.admin("POST", "/tokens", &body.to_string());
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("token"), text("id"))
    }
}

/// A request without anything.
pub const GET: Request<'static> = Request {
    method: "GET",
    path: "/",
    token: None,
    headers: &[],
    body: "",
};

fn parse(text: &str) -> Reply {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let headers = lines.filter_map(|line| line.split_once(": "));
    Reply {
        status: status.and_then(|code| code.parse().ok()).unwrap_or(0),
        headers: headers
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect(),
        text: body.to_owned(),
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
