//! Mutated requests get a response that the protocol allows, and leak no memory.

use prost::Message as _;
use serde_json::json;

use crate::support::byte_mutator::ByteMutator;
use crate::support::program::daemon::Daemon;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::grpc_frame;
use crate::support::server::grpc_client::pb::evaluation1::ResolveStringRequest;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpResponse;
use crate::support::server::http_client::HttpVersion;
use crate::support::temp_dir::TempDir;

/// The resident memory of a process, in KiB.
fn resident(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("Linux");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .expect("a size");
    line.split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("a number")
}

/// Returns the gRPC status of a response from its trailers, its headers or the trailer frame of gRPC-Web.
fn grpc_status(response: &HttpResponse) -> Option<u16> {
    let fields = [&response.trailers, &response.headers];
    let mut values = fields.iter().filter_map(|map| map.get("grpc-status"));
    if let Some(value) = values.next() {
        return value.to_str().ok()?.parse().ok();
    }
    let mut rest = &response.body[..];
    while let Some((head, payload)) = rest.split_first_chunk::<5>() {
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let (frame, after) = payload.split_at_checked(length as usize)?;
        if head[0] == 0x80 {
            let text = std::str::from_utf8(frame).ok()?;
            let value = text.lines().find_map(|l| l.strip_prefix("grpc-status:"))?;
            return value.trim().parse().ok();
        }
        rest = after;
    }
    None
}

/// The HTTP status of an error code of the Connect protocol.
fn connect_http_status(code: &str) -> Option<u16> {
    Some(match code {
        "canceled" => 499,
        "invalid_argument" | "failed_precondition" | "out_of_range" => 400,
        "deadline_exceeded" => 504,
        "not_found" => 404,
        "already_exists" | "aborted" => 409,
        "permission_denied" => 403,
        "resource_exhausted" => 429,
        "unimplemented" => 501,
        "unknown" | "internal" | "data_loss" => 500,
        "unavailable" => 503,
        "unauthenticated" => 401,
        _ => return None,
    })
}

/// Asserts that a response is valid in its protocol, and returns true if it is a success.
fn assert_valid_response(kind: &str, response: &HttpResponse) -> bool {
    let status = response.status.as_u16();
    if kind.starts_with("application/grpc") {
        let code = grpc_status(response);
        assert_eq!(status, 200, "{response:?}");
        assert!(code.is_some_and(|code| code <= 16), "{response:?}");
        return code == Some(0);
    }
    if status == 200 {
        assert_eq!(response.header("content-type"), kind);
        assert!(kind != "application/json" || response.json()["variant"].is_string());
        return true;
    }
    let error = response.json();
    let code = error["code"].as_str().and_then(connect_http_status);
    assert_eq!(code, Some(status), "{response:?}");
    false
}

async fn send_mutated_requests(kind: &str, version: HttpVersion, original: Vec<u8>, seed: u64) {
    let flag = json!({"flags": {"f": {"variants": {"a": "a"}, "defaultVariant": "a", "targeting":
        {"if": [{"some": [{"var": "list"}, {"==": [{"var": "x.y"}, 1]}]}, {"var": ""}, {"var": "name"}]}}}});
    let directory = TempDir::new();
    directory.write("flags.json", flag.to_string());
    // A separate process, so that memory of other tests is not measured.
    let daemon = Daemon::start(directory.path(), &["--uri", "file:flags.json"]);
    let mut client = HttpClient::connect(daemon.port, version).await;
    let content = format!("content-type: {kind}");
    let path = "/flagd.evaluation.v1.Service/ResolveString";
    let mut dice = ByteMutator(seed);
    let (mut succeeded, mut failed) = (0, 0);
    let mut sizes = Vec::new();
    for round in 0..100_000 {
        let body = dice.mutate(&original);
        let answer = client.post(path, &[&content], body).await;
        if assert_valid_response(kind, &answer) {
            succeeded += 1;
        } else {
            failed += 1;
        }
        if round % 25_000 == 24_999 {
            sizes.push(resident(daemon.child.id()));
        }
    }
    assert!(succeeded > 0 && failed > 0, "{succeeded} {failed}");
    let sound = client.post(path, &[&content], original).await;
    assert_eq!(sound.status, 200);
    let (early, late) = (sizes[0], sizes[sizes.len() - 1]);
    assert!(late < early + 32 * 1024, "memory grows: {sizes:?} KiB");
}

fn context() -> serde_json::Value {
    json!({"name": "a", "list": [{"x": {"y": 2}}, 1.5, null, true], "ünï": "\u{1F600}"})
}

fn json_request() -> Vec<u8> {
    json!({"flagKey": "f", "context": context()})
        .to_string()
        .into_bytes()
}

fn proto_request() -> Vec<u8> {
    let context = Some(grpc_client::proto_struct(&context()));
    ResolveStringRequest {
        flag_key: "f".to_owned(),
        context,
    }
    .encode_to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_survives_mutated_connect_json() {
    send_mutated_requests("application/json", HttpVersion::Http1, json_request(), 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_survives_mutated_connect_protobuf() {
    send_mutated_requests("application/proto", HttpVersion::Http2, proto_request(), 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_survives_mutated_grpc() {
    send_mutated_requests(
        "application/grpc",
        HttpVersion::Http2,
        grpc_frame(&proto_request()),
        3,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_survives_mutated_grpc_web() {
    send_mutated_requests(
        "application/grpc-web+json",
        HttpVersion::Http1,
        grpc_frame(&json_request()),
        4,
    )
    .await;
}
