//! What each port speaks, and within which bounds.

use fanion::serve::ServeConfig;

use crate::support::daemon::Daemon;
use crate::support::server;
use crate::support::server::Client;
use crate::support::server::Http;
use crate::support::server::pb::sync1;
use crate::support::server::pb::sync1::flag_sync_service_client::FlagSyncServiceClient;

const FLAGS: &str = r#"{"flags": {"f": {"variants": {"on": true}, "defaultVariant": "on"}}}"#;
const PATH: &str = "/flagd.evaluation.v1.Service/ResolveBoolean";
const FETCH: &str = "/flagd.sync.v1.FlagSyncService/FetchAllFlags";
const JSON: &str = "content-type: application/json";
const BODY: &str = r#"{"flagKey": "f"}"#;

async fn start(settings: ServeConfig) -> (server::Server, tempfile::TempDir) {
    server::serve_with("flags.json", FLAGS, settings).await
}

#[tokio::test]
async fn evaluation_ofrep_and_management_speak_http1_and_http2() {
    let (server, _directory) = start(ServeConfig::default()).await;
    for version in [Http::One, Http::Two] {
        for (port, path, headers) in [
            (server.port, PATH, &[JSON][..]),
            (server.ofrep, "/ofrep/v1/evaluate/flags/f", &[]),
            (server.management, "/readyz", &[]),
        ] {
            let mut client = Client::connect(port, version).await;
            let answer = client.post(path, headers, BODY).await;
            assert_eq!(answer.status, 200, "{path} {version:?}");
        }
    }
}

#[tokio::test]
async fn flag_sync_speaks_grpc_only() {
    let (server, _directory) = start(ServeConfig::default()).await;
    let mut client = Client::connect(server.sync, Http::Two).await;
    let message = &b"\0\0\0\0\0"[..];
    let answer = client
        .post(FETCH, &["content-type: application/grpc"], message)
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.is_empty()),
        (200, false)
    );
    for other in [
        "application/json",
        "application/proto",
        "application/grpc-web",
        "application/connect+proto",
    ] {
        let content = format!("content-type: {other}");
        assert_eq!(
            client.post(FETCH, &[&content], message).await.status,
            415,
            "{other}"
        );
    }
    // Nor is anything evaluated there.
    let answer = client
        .post(PATH, &["content-type: application/grpc"], message)
        .await;
    assert_eq!(answer.header("grpc-status"), "12");
}

#[tokio::test]
async fn get_metadata_can_be_disabled() {
    let settings = ServeConfig {
        sync_metadata: false,
        ..ServeConfig::default()
    };
    let (server, _directory) = start(settings).await;
    let mut client = FlagSyncServiceClient::new(server::channel_to(server.sync).await);
    let refused = client
        .get_metadata(sync1::GetMetadataRequest {})
        .await
        .expect_err("it is off");
    assert_eq!(refused.code(), tonic::Code::Unimplemented);
    assert_eq!(refused.message(), "metadata endpoint disabled");
}

#[tokio::test]
async fn request_size_limits_are_configurable() {
    let long = format!("x-long: {}", "x".repeat(20_000));
    for (max_body, max_header, large, wide) in
        [(100, 10_000, false, false), (0, 1_000_000, true, true)]
    {
        let settings = ServeConfig {
            max_body,
            max_header,
            ..ServeConfig::default()
        };
        let (server, _directory) = start(settings).await;
        let body = format!(
            r#"{{"flagKey": "f", "context": {{"k": "{}"}}}}"#,
            "x".repeat(2_000_000)
        );
        for (port, path, too_large) in [
            (server.port, PATH, 429),
            (server.ofrep, "/ofrep/v1/evaluate/flags/f", 413),
        ] {
            let mut client = Client::connect(port, Http::Two).await;
            let status = client
                .post(path, &[JSON], body.clone())
                .await
                .status
                .as_u16();
            assert_eq!(status, if large { 200 } else { too_large }, "{path}");
            let mut client = Client::connect(port, Http::One).await;
            let status = client
                .post(path, &[JSON, &long], BODY)
                .await
                .status
                .as_u16();
            assert_eq!(status, if wide { 200 } else { 431 }, "{path}");
        }
    }
}

#[test]
fn log_format_and_debug_options_apply() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("flags.json"), FLAGS).expect("a file");
    let quiet = Daemon::start(directory.path(), &["-f", "file:flags.json"]);
    assert_eq!(quiet.in_force()["level"], "INFO");
    let open = |options: &[&str]| {
        let daemon = Daemon::start(directory.path(), options);
        let _gone = std::net::TcpStream::connect(("127.0.0.1", daemon.port)).expect("a connection");
        daemon
    };
    // A client that leaves without a word is worth a line to those who look closely only.
    let debug = open(&["-f", "file:flags.json", "--debug"]);
    assert_eq!(
        debug.log(|line| line["message"] == "connection ended")["level"],
        "DEBUG"
    );
    let mut people = Daemon::console(directory.path(), &["-f", "file:flags.json"]);
    let line = people.line(|line| line.contains("flags are in force"));
    assert!(
        line.contains(" INFO ") && line.contains("flags=1"),
        "{line}"
    );
    people.terminate();
    assert_eq!(people.child.wait().expect("it ends").code(), Some(0));
}
