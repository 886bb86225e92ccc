//! Webhooks of the real program to a receiver on a socket.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicU16;
use std::sync::atomic::Ordering;

use fanion::control::webhook::signature::SigningKeys;
use serde_json::Value;

use crate::api::program::GET;
use crate::api::program::Program;
use crate::api::program::Request;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A message as it arrived.
struct Arrived {
    headers: BTreeMap<String, String>,
    body: String,
}

/// A receiver that answers with a status that can be changed.
struct Receiver {
    port: u16,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    status: Arc<AtomicU16>,
}

impl Receiver {
    fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = Receiver {
            port: listener.local_addr().unwrap().port(),
            arrived: Arc::default(),
            status: Arc::new(AtomicU16::new(204)),
        };
        let (arrived, status) = (receiver.arrived.clone(), receiver.status.clone());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let message = read(&mut stream);
                let status = status.load(Ordering::SeqCst);
                arrived.lock().unwrap().push(message);
                let answer = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        receiver
    }

    /// The ids of the messages of a type, in the order of their arrival.
    fn ids(&self, kind: &str) -> Vec<String> {
        let arrived = self.arrived.lock().unwrap();
        let of_kind = arrived.iter().filter(|message| {
            let body: Value = serde_json::from_str(&message.body).unwrap();
            body["type"] == kind
        });
        of_kind
            .map(|message| message.headers["webhook-id"].clone())
            .collect()
    }
}

fn read(stream: &mut TcpStream) -> Arrived {
    let mut reader = BufReader::new(stream);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim().split_once(": ") {
            Some((name, value)) => headers.insert(name.to_lowercase(), value.to_owned()),
            None if line.trim().is_empty() => break,
            None => None,
        };
    }
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    Arrived { headers, body }
}

/// A program that sends to the receiver.
fn start(receiver: &Receiver) -> (Program, tempfile::NamedTempFile) {
    let mut secret = tempfile::NamedTempFile::new().unwrap();
    writeln!(secret, "{SECRET}").unwrap();
    let url = format!(
        "audit=http://127.0.0.1:{}/hook?key=hush-hush",
        receiver.port
    );
    let file = format!("audit={}", secret.path().display());
    let program = Program::start(&["--webhook", &url, "--webhook-secret-path", &file]);
    (program, secret)
}

fn metric(program: &Program, name: &str) -> f64 {
    let text = program.send(&Request {
        path: "/metrics",
        ..GET
    });
    let series = text.text.lines().filter(|line| line.starts_with(name));
    let of_prod = series.filter(|line| line.contains("environment=\"prod\""));
    of_prod
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

const KILL: &str = "/environments/prod/flags/pay.card/kill";

#[test]
fn change_is_sent_once_and_signed() {
    let receiver = Receiver::start();
    let (program, _secret) = start(&receiver);
    program.admin("POST", KILL, r#"{"reason": "too slow"}"#);
    let id = program.wait("message", |_| receiver.ids("flag.killed").pop());
    program.wait("record", |program| {
        (metric(program, "fanion_control_webhook_waiting") == 0.0).then_some(())
    });
    let arrived = receiver.arrived.lock().unwrap();
    let message = arrived
        .iter()
        .find(|message| message.headers["webhook-id"] == id);
    let Arrived { headers, body } = message.unwrap();
    let keys = SigningKeys::parse(SECRET).unwrap();
    let signed = keys.sign(&id, headers["webhook-timestamp"].parse().unwrap(), body);
    assert_eq!(headers["webhook-signature"], signed);
    let data = &serde_json::from_str::<Value>(body).unwrap()["data"];
    assert_eq!(data["flag"], "pay.card");
    assert_eq!(data["environment"], "prod");
    assert_eq!(data["reason"], "too slow");
    assert_eq!(data["change"]["variant"], "off");
    assert!(!program.log().contains("hush-hush") && !program.log().contains("MfKQ9r8G"));
}

#[test]
fn message_survives_a_failing_receiver_and_a_crash() {
    let receiver = Receiver::start();
    let (program, _secret) = start(&receiver);
    program.wait("first message", |program| {
        (metric(program, "fanion_control_webhook_attempts_total") >= 1.0).then_some(())
    });
    receiver.status.store(500, Ordering::SeqCst);
    program.admin("POST", KILL, "{}");
    program.admin("POST", "/environments/prod/flags/pay.card/restore", "{}");
    let id = program.wait("attempt", |_| receiver.ids("flag.killed").pop());
    program.wait("failure", |program| {
        (metric(program, "fanion_control_webhook_attempts_total") >= 2.0).then_some(())
    });
    let program = program.restart();
    program.wait("both to wait", |program| {
        let webhooks = program.admin("GET", "/environments/prod/webhooks", "");
        (webhooks["webhooks"][0]["waiting"] == 2).then_some(())
    });
    receiver.status.store(204, Ordering::SeqCst);
    let retry = "/environments/prod/webhooks/audit/retry";
    program.admin("POST", retry, "");
    program.wait("restore after the kill", |_| {
        receiver.ids("flag.restored").pop()
    });
    let kills = receiver.ids("flag.killed");
    assert!(kills.len() >= 2 && kills.iter().all(|kill| *kill == id));
    assert_eq!(
        receiver.ids("flag.restored").len(),
        1,
        "only after the kill was taken"
    );
}

#[test]
fn endpoint_without_a_secret_is_refused_at_the_start() {
    for (options, why) in [
        (
            &["--webhook", "audit=http://localhost/"][..],
            "webhook `audit` needs --webhook-secret-path audit=FILE",
        ),
        (
            &["--webhook-secret-path", "audit=/dev/null"],
            "names `audit`, for which there is no --webhook",
        ),
        (
            &[
                "--webhook",
                "audit=http://localhost/",
                "--webhook-secret-path",
                "audit=Cargo.toml",
            ],
            "cannot use Cargo.toml: line 1: a secret is `whsec_`",
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fanion-control"));
        command.args([
            "--flags",
            ".",
            "--port",
            "0",
            "--sync-port",
            "0",
            "--data-dir",
        ]);
        let output = command
            .arg(directory.path())
            .args(options)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && text.contains(why), "{text}");
    }
}
