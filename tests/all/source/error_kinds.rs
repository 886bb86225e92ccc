//! The error kinds in metrics and logs.

use std::collections::BTreeMap;
use std::time::SystemTime;

use fanion::metric::family::MetricValue;
use fanion::source::metrics;
use fanion::source::spec::SourceSpec;
use serde_json::json;

use crate::support::server;
use crate::support::server::certificates::write_ca_and_acceptor;
use crate::support::sources::RunningSources;
use crate::support::sources::document;
use crate::support::sources::grpc_upstream::grpc_source_spec;
use crate::support::sources::http_source_spec;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::Reply;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::settings;
use crate::support::sources::start_sources;
use crate::support::sources::tcp_proxy::tls_proxy;
use crate::support::temp_dir::TempDir;

/// The counts of `fanion.source.errors` by kind.
fn errors(sources: &RunningSources) -> BTreeMap<String, u64> {
    let families = metrics::families(&sources.watch.statuses, SystemTime::now());
    let family = families
        .into_iter()
        .find(|family| family.name == "fanion.source.errors");
    let count = |series: fanion::metric::family::Series| {
        let names: Vec<&str> = series.labels.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["source", "kind"]);
        let MetricValue::Count(count) = series.value else {
            panic!("not a counter: {:?}", series.value);
        };
        (series.labels[1].1.clone(), count)
    };
    family
        .expect("the family")
        .series
        .into_iter()
        .map(count)
        .collect()
}

/// Waits until a source has failed, and asserts that all errors are of this kind.
pub async fn assert_error_kind(spec: SourceSpec, kind: &str) {
    let sources = start_sources(&[spec], &settings());
    let state = sources
        .wait_for_state(0, |state| state.failing_since.is_some())
        .await;
    let errors = errors(&sources);
    let kinds: Vec<&str> = errors.keys().map(String::as_str).collect();
    assert_eq!(kinds, [kind], "{:?}", state.last_error);
}

/// A port on which nothing listens.
fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("bound").port()
}

#[tokio::test]
async fn unknown_host_is_dns() {
    assert_error_kind(
        http_source_spec("http://no-such-host.invalid/flags.json", &json!({})),
        "dns",
    )
    .await;
    assert_error_kind(
        grpc_source_spec("no-such-host.invalid:8015", &json!({})),
        "dns",
    )
    .await;
}

#[tokio::test]
async fn refused_connection_is_connect() {
    let url = format!("http://127.0.0.1:{}/flags.json", closed_port());
    assert_error_kind(http_source_spec(&url, &json!({})), "connect").await;
    assert_error_kind(
        grpc_source_spec(&format!("127.0.0.1:{}", closed_port()), &json!({})),
        "connect",
    )
    .await;
    assert_error_kind(
        grpc_source_spec("unix:/nowhere/sync.sock", &json!({})),
        "connect",
    )
    .await;
}

#[tokio::test]
async fn untrusted_certificate_is_tls() {
    let directory = TempDir::new();
    let (_, acceptor) = write_ca_and_acceptor(directory.path());
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let port = tls_proxy(upstream.port, acceptor.clone()).await;
    let url = format!("https://localhost:{port}/flags.json");
    assert_error_kind(http_source_spec(&url, &json!({})), "tls").await;

    let (server, _served) = server::serve_text("flags.json", &document("a")).await;
    let port = tls_proxy(server.sync, acceptor).await;
    let other = TempDir::new();
    let (unrelated, _) = write_ca_and_acceptor(other.path());
    let more = json!({"tls": true, "certPath": unrelated});
    assert_error_kind(grpc_source_spec(&format!("localhost:{port}"), &more), "tls").await;
    let missing = json!({"tls": true, "certPath": "/nowhere/ca.pem"});
    assert_error_kind(
        grpc_source_spec(&format!("localhost:{port}"), &missing),
        "tls",
    )
    .await;
}

#[tokio::test]
async fn http_errors_are_told_apart() {
    let document = "content-type: application/json";
    let too_large = Reply {
        bytes: b"HTTP/1.1 200 OK\r\ncontent-length: 67108865\r\n\r\n".to_vec(),
        hang: false,
    };
    let broken = Reply {
        bytes: b"nothing like HTTP\r\n\r\n".to_vec(),
        hang: false,
    };
    for (answer, kind) in [
        (
            http_response("500 Internal Server Error", &[], "sorry"),
            "http",
        ),
        (broken, "http"),
        (
            http_response("200 OK", &["content-encoding: br"], "x"),
            "http",
        ),
        (
            http_response("200 OK", &["content-encoding: gzip"], "x"),
            "http",
        ),
        (http_response("404 Not Found", &[], ""), "not_found"),
        (
            http_response("302 Found", &["location: ftp://x/"], ""),
            "redirect",
        ),
        (too_large, "too_large"),
        (
            http_response("200 OK", &[document], "{\"flags\": 1}"),
            "parse",
        ),
        (
            http_response("200 OK", &["content-type: text/plain"], "{}"),
            "parse",
        ),
    ] {
        let upstream = HttpUpstream::start(move |_| answer.clone()).await;
        assert_error_kind(http_source_spec(&upstream.url("/"), &json!({})), kind).await;
    }
    let upstream = HttpUpstream::start(|_| http_response("401 Unauthorized", &[], "")).await;
    let oauth =
        json!({"clientID": "a", "clientSecret": "hush", "tokenUrl": upstream.url("/token")});
    let more = json!({"oauth": oauth});
    assert_error_kind(
        http_source_spec(&upstream.url("/flags.json"), &more),
        "oauth",
    )
    .await;
}

#[tokio::test]
async fn unanswered_request_is_timeout() {
    let upstream = HttpUpstream::start(|_| Reply {
        bytes: Vec::new(),
        hang: true,
    })
    .await;
    let mut spec = http_source_spec(&upstream.url("/flags.json"), &json!({}));
    if let fanion::source::spec::SourceKind::Http(http) = &mut spec.kind {
        http.timeout = std::time::Duration::from_millis(50);
    }
    assert_error_kind(spec, "timeout").await;
}

#[tokio::test]
async fn too_large_sync_message_is_too_large() {
    let (server, _directory) = server::serve_text("flags.json", &document("a")).await;
    let more = json!({"maxMsgSize": 10});
    let target = format!("127.0.0.1:{}", server.sync);
    assert_error_kind(grpc_source_spec(&target, &more), "too_large").await;
}

#[tokio::test]
async fn file_errors_are_told_apart() {
    let directory = TempDir::new();
    let path = |name: &str| directory.path().join(name);
    assert_error_kind(SourceSpec::from_path(path("missing.json")), "not_found").await;
    std::fs::write(path("syntax.yaml"), "flags: [a, {").expect("a file");
    assert_error_kind(SourceSpec::from_path(path("syntax.yaml")), "parse").await;
    let large = std::fs::File::create(path("large.json")).expect("a file");
    large.set_len(67_108_865).expect("a sparse file");
    assert_error_kind(SourceSpec::from_path(path("large.json")), "too_large").await;
    std::fs::create_dir(path("empty")).expect("a directory");
    assert_error_kind(SourceSpec::from_path(path("empty")), "not_found").await;
}

#[tokio::test]
async fn recovered_source_keeps_its_counts() {
    let upstream =
        HttpUpstream::start(|_| http_response("500 Internal Server Error", &[], "sorry")).await;
    let sources = start_sources(
        &[http_source_spec(&upstream.url("/"), &json!({}))],
        &settings(),
    );
    sources.wait_for_error(0, "500").await;
    upstream.set_handler(|_| document_response("a"));
    sources.wait_for_variant("a").await;
    let state = sources
        .wait_for_state(0, |state| state.failing_since.is_none())
        .await;
    assert_eq!(errors(&sources)["http"], state.failed);
    upstream.set_handler(|_| {
        http_response(
            "200 OK",
            &["content-type: application/json"],
            "{\"flags\": 1}",
        )
    });
    sources.wait_for_error(0, "`flags` is a number").await;
    assert!(errors(&sources)["parse"] > 0);
}
