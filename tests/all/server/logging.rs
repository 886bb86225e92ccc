//! Log format, log level and contents of the log.

pub mod unwritable_stderr;

use serde_json::Value;

use crate::support::program::daemon::Daemon;
use crate::support::server::grpc_client::grpc_frame;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::ONE_FLAG;
use crate::support::server::rpc::RESOLVE_BOOLEAN;
use crate::support::temp_dir::TempDir;

#[test]
fn log_format_and_debug_options_apply() {
    let directory = TempDir::new();
    directory.write("flags.json", ONE_FLAG);
    let quiet = Daemon::start(directory.path(), &["-f", "file:flags.json"]);
    assert_eq!(quiet.wait_for_reload()["level"], "INFO");
    let open = |options: &[&str]| {
        let daemon = Daemon::start(directory.path(), options);
        let _gone = std::net::TcpStream::connect(("127.0.0.1", daemon.port)).expect("a connection");
        daemon
    };
    // A client that disconnects without a request is logged at DEBUG.
    let debug = open(&["-f", "file:flags.json", "--debug"]);
    assert_eq!(
        debug.wait_for_log(|line| line["message"] == "connection ended")["level"],
        "DEBUG"
    );
    let mut people = Daemon::start_with_console_log(directory.path(), &["-f", "file:flags.json"]);
    let line = people.wait_for_line(|line| line.contains("flags reloaded"));
    assert!(
        line.contains(" INFO ") && line.contains("flags=1"),
        "{line}"
    );
    people.terminate();
    assert_eq!(
        people.child.wait().expect("the process ends").code(),
        Some(0)
    );
}

#[tokio::test]
async fn info_log_contains_no_flag_or_context_values() {
    let directory = TempDir::new();
    let flags = r#"{"flags": {"f": {"variants": {"secret-variant": "secret-value"}, "defaultVariant": "secret-variant"}}}"#;
    directory.write("flags.json", flags);
    let mut daemon = Daemon::start(directory.path(), &["--uri", "file:flags.json"]);
    let mut client = HttpClient::connect(daemon.port, HttpVersion::Http1).await;
    let body = r#"{"flagKey": "f", "context": {"k": "secret-attribute"}}"#;
    let path = "/flagd.evaluation.v1.Service/ResolveString";
    let answer = client
        .post(path, &["content-type: application/json"], body)
        .await;
    assert_eq!(answer.status, 200);
    daemon.terminate();
    daemon.child.wait().expect("the process ends");
    let lines: Vec<Value> = daemon.logs.iter().collect();
    assert!(
        lines.iter().any(|line| line["message"] == "stopped"),
        "{lines:?}"
    );
    assert!(!format!("{lines:?}").contains("secret"), "{lines:?}");
}

#[test]
fn diagnostics_are_logged_field_by_field() {
    let directory = TempDir::new();
    let flags = "flags:\n  f: { variants: { a: 1 }, defaultVariant: b }\n  g: { variants: { a: 1 }, defaultVariant: a, \
                 targeting: { oops: [] } }\n  h: { variants: { a: 1 }, priority: x }\n";
    directory.write("flags.yaml", flags);
    let daemon = Daemon::start(directory.path(), &["-f", "file:flags.yaml"]);
    for (code, flag, line, level) in [
        ("F007", "f", 2, "ERROR"),
        ("F008", "h", 4, "WARN"),
        ("F011", "g", 3, "ERROR"),
    ] {
        let told = daemon.wait_for_log(|told| told["code"] == code);
        assert_eq!(
            (&told["flag"], &told["file"]),
            (&flag.into(), &"flags.yaml".into()),
            "{told}"
        );
        assert_eq!(
            (&told["line"], &told["level"]),
            (&line.into(), &level.into()),
            "{told}"
        );
        assert!(told["column"].as_u64() > Some(1), "{told}");
        assert!(
            told["help"].as_str().is_some_and(|help| !help.is_empty()),
            "{told}"
        );
        let message = told["message"].as_str().expect("text");
        assert!(
            !message.contains(code) && !message.contains("help:"),
            "{told}"
        );
    }
}

#[test]
fn log_names_the_signal_that_ends_the_process() {
    use rustix::process::Signal;
    let directory = TempDir::new();
    directory.write("flags.json", ONE_FLAG);
    for (signal, name) in [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT")] {
        let mut daemon = Daemon::start(directory.path(), &["-f", "file:flags.json"]);
        daemon.wait_for_reload();
        daemon.send_signal(signal);
        let line = daemon.wait_for_log(|line| line["signal"].is_string());
        assert_eq!(line["signal"], name);
        assert_eq!(line["message"], format!("received {name}; shutting down"));
        assert!(daemon.child.wait().expect("the process ends").success());
    }
}

#[test]
fn durations_in_the_log_have_three_decimals() {
    let directory = TempDir::new();
    directory.write("flags.json", ONE_FLAG);
    let daemon = Daemon::start(directory.path(), &["-f", "file:flags.json"]);
    let millis = daemon.wait_for_reload()["millis"].to_string();
    let decimals = millis.split_once('.').map_or("", |(_, decimals)| decimals);
    assert!(decimals.len() <= 3, "{millis}");
}

#[tokio::test]
async fn debug_log_has_each_decision_and_each_request() {
    let directory = TempDir::new();
    let flags = r#"{"flags": {"f": {"variants": {"on": true}, "defaultVariant": "on",
        "targeting": {"if": [{"var": "k"}, "on"]}}}}"#;
    directory.write("flags.json", flags);
    let daemon = Daemon::start(directory.path(), &["-f", "file:flags.json", "--debug"]);
    daemon.wait_for_reload();
    let json = "content-type: application/json";
    let grpc_web = "content-type: application/grpc-web+json";
    let body = r#"{"flagKey":"f","context":{"k":"secret"}}"#;
    let framed = grpc_frame(body.as_bytes());
    let (rpc, ofrep) = (RESOLVE_BOOLEAN, "/ofrep/v1/evaluate/flags/f");
    let mut logged = Vec::new();
    for (port, path, kind, body, protocol, status) in [
        (daemon.port, rpc, json, body.as_bytes(), "connect", 200),
        (daemon.port, rpc, grpc_web, &framed, "grpc-web", 200),
        (daemon.ofrep, ofrep, json, body.as_bytes(), "ofrep", 200),
        (
            daemon.ofrep,
            "/ofrep/v1/evaluate/flags",
            json,
            body.as_bytes(),
            "ofrep",
            200,
        ),
    ] {
        let mut client = HttpClient::connect(port, HttpVersion::Http1).await;
        assert_eq!(
            client.post(path, &[kind], body.to_vec()).await.status,
            status
        );
        let line = daemon.wait_for_log(|line| line["message"] == "flag evaluated");
        let fields = ["protocol", "path", "flag", "variant", "reason"].map(|name| &line[name]);
        assert_eq!(
            fields,
            [protocol, path, "f", "on", "TARGETING_MATCH"],
            "{line}"
        );
        assert!(line["micros"].is_u64(), "{line}");
        let request = daemon.wait_for_log(|line| line["message"] == "request");
        assert_eq!(
            (&request["status"], &request["method"]),
            (&status.into(), &"POST".into())
        );
        logged.push(line);
        logged.push(request);
    }
    let mut client = HttpClient::connect(daemon.ofrep, HttpVersion::Http1).await;
    client
        .post("/ofrep/v1/evaluate/flags/nosuch", &[], "")
        .await;
    let line = daemon.wait_for_log(|line| line["message"] == "flag evaluated");
    let fields = ["flag", "reason", "error"].map(|name| &line[name]);
    assert_eq!(fields, ["nosuch", "ERROR", "FLAG_NOT_FOUND"], "{line}");
    assert!(!format!("{logged:?}").contains("secret"), "{logged:?}");
}

#[test]
fn diagnostics_of_a_document_are_logged_up_to_a_limit() {
    let directory = TempDir::new();
    let long = "k".repeat(20_000);
    let flag = |key: &str| format!(r#""{key}": {{"variants": {{"a": 1}}, "defaultVariant": "b"}}"#);
    let flags: String = (0..3000).map(|i| flag(&format!("f{i}")) + ",").collect();
    let text = format!("{{\"flags\": {{{flags}{}}}}}", flag(&long));
    directory.write("flags.json", text);
    let mut daemon = Daemon::start(directory.path(), &["-f", "file:flags.json"]);
    // The ports are logged first.
    let (mut codes, mut longest, mut omitted) = (0, 0, Value::Null);
    loop {
        let line = daemon.wait_for_log(|_| true);
        if line["message"] == "flags reloaded" {
            break;
        }
        codes += usize::from(line["code"].is_string());
        longest = longest.max(line.to_string().len());
        if !line["omitted"].is_null() {
            omitted = line["omitted"].clone();
        }
    }
    assert_eq!((codes, omitted), (100, 2901.into()));
    assert!(longest < 5000, "{longest}");
    daemon.terminate();
    assert!(daemon.child.wait().expect("the process ends").success());
}
