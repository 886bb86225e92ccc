//! Log format, log level and contents of the log.

use serde_json::Value;

use crate::support::program::daemon::Daemon;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::ONE_FLAG;
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
