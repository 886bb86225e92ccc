//! Polling of an HTTP source: entity tags, errors, limits and timeouts.

use std::time::Duration;

use fanion::source::error::kind::SourceErrorKind;
use fanion::source::spec::SourceKind;
use serde_json::json;

use crate::support::sources::document;
use crate::support::sources::http_source_spec;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::http_upstream::poll_url;
use crate::support::sources::settings;
use crate::support::sources::start_sources;

#[tokio::test]
async fn unreachable_server_is_retried_until_it_is_up() {
    let port = {
        let upstream = HttpUpstream::start(|_| document_response("a")).await;
        upstream.port
    };
    let followed = poll_url(&format!("http://127.0.0.1:{port}/flags.json"), &json!({}));
    followed
        .watch
        .initial_load()
        .await
        .expect("an initial load");
    followed.wait_for_error(0, "error").await;
    assert!(!followed.live.load().is_usable());
    let _upstream = HttpUpstream::start_on_port(port, |_| document_response("a")).await;
    followed.wait_for_variant("a").await;
    let state = followed
        .wait_for_state(0, |state| state.failing_since.is_none())
        .await;
    assert_eq!(state.accepted, 1);
    assert!(followed.live.load().is_usable());
}

#[tokio::test]
async fn server_errors_keep_last_good_flags() {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let followed = poll_url(&upstream.url("/"), &json!({}));
    followed.wait_for_variant("a").await;
    upstream.set_handler(|_| http_response("500 Internal Server Error", &[], "sorry"));
    followed
        .wait_for_error(0, "500 Internal Server Error")
        .await;
    let state = followed.state(0);
    assert!(state.is_stale() && state.age(std::time::SystemTime::now()).is_some());
    assert_eq!(followed.variant("f"), "a");
    upstream.set_handler(|_| document_response("b"));
    followed.wait_for_variant("b").await;
    followed.wait_for_state(0, |state| !state.is_stale()).await;
}

#[tokio::test]
async fn unfinished_body_times_out() {
    let upstream = HttpUpstream::start(|_| {
        let mut slow = document_response("a");
        slow.bytes.truncate(slow.bytes.len() - 1);
        slow.hang = true;
        slow
    })
    .await;
    let mut spec = http_source_spec(&upstream.url("/"), &json!({}));
    if let SourceKind::Http(http) = &mut spec.kind {
        http.timeout = Duration::from_millis(200);
    }
    let followed = start_sources(&[spec], &settings());
    followed
        .wait_for_error(0, "no complete response within 200ms")
        .await;
    upstream.set_handler(|_| document_response("a"));
    followed.wait_for_variant("a").await;
}

#[tokio::test]
async fn etag_is_kept_only_with_an_accepted_document() {
    let upstream = HttpUpstream::start(|_| {
        let headers = ["content-type: text/plain", "etag: \"1\""];
        http_response("200 OK", &headers, &document("a"))
    })
    .await;
    let followed = poll_url(&upstream.url("/"), &json!({}));
    followed
        .wait_for_error(0, "unsupported file format: 'text/plain'")
        .await;
    // Requests with the tag get 304 without a body.
    upstream.set_handler(|request| {
        let headers = ["content-type: application/json", "etag: \"1\""];
        match request.header("if-none-match") {
            "" => http_response("200 OK", &headers, "{\"flags\": 1}"),
            _ => http_response("304 Not Modified", &headers, ""),
        }
    });
    followed.wait_for_error(0, "`flags` is a number").await;
    upstream.set_handler(|request| {
        let headers = ["content-type: application/json", "etag: \"1\""];
        match request.header("if-none-match") {
            "" => http_response("200 OK", &headers, &document("a")),
            _ => http_response("304 Not Modified", &headers, ""),
        }
    });
    followed.wait_for_variant("a").await;
    upstream.wait_for_requests(3).await;
    assert_eq!(
        upstream
            .requests()
            .last()
            .expect("one")
            .header("if-none-match"),
        "\"1\""
    );
    let state = followed
        .wait_for_state(0, |state| state.failing_since.is_none())
        .await;
    assert_eq!(state.accepted, 1);
}

#[tokio::test]
async fn unchanged_document_creates_no_new_generation() {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let followed = poll_url(&upstream.url("/"), &json!({}));
    followed.wait_for_variant("a").await;
    let generation = followed.live.load().generation;
    upstream.wait_for_requests(5).await;
    assert_eq!(followed.live.load().generation, generation);
    assert_eq!(followed.state(0).accepted, 1);
}

#[tokio::test]
async fn empty_or_invalid_body_changes_nothing() {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let followed = poll_url(&upstream.url("/"), &json!({}));
    followed.wait_for_variant("a").await;
    upstream.set_handler(|_| http_response("200 OK", &["content-type: application/json"], ""));
    followed.wait_for_error(0, "the response is empty").await;
    upstream.set_handler(|_| {
        http_response("200 OK", &["content-type: application/json"], "{\"flags\":")
    });
    followed.wait_for_error(0, "F001").await;
    assert_eq!(followed.variant("f"), "a");
}

#[tokio::test]
async fn refusal_is_counted_once_per_content() {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let followed = poll_url(&upstream.url("/"), &json!({}));
    followed.wait_for_variant("a").await;
    for (text, refused) in [("{\"flags\":", 1), ("{\"flags\":1}", 2), ("{", 3)] {
        upstream.set_handler(move |_| {
            http_response("200 OK", &["content-type: application/json"], text)
        });
        followed
            .wait_for_state(0, |state| state.refused == refused)
            .await;
        upstream.wait_for_requests(4).await;
        let state = followed.state(0);
        let parse = state.errors.get(&SourceErrorKind::Parse).copied();
        assert_eq!((state.refused, parse), (refused, Some(refused)), "{text}");
    }
}

#[tokio::test]
async fn response_above_size_limit_is_rejected() {
    let upstream = HttpUpstream::start(|_| {
        let mut told = http_response("200 OK", &["content-type: application/json"], "");
        told.bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 67108865\r\n\r\n".to_vec();
        told
    })
    .await;
    let followed = poll_url(&upstream.url("/flags.json"), &json!({}));
    followed
        .wait_for_error(0, "larger than 67108864 bytes")
        .await;
    upstream.set_handler(|_| document_response("a"));
    followed.wait_for_variant("a").await;
    // A response without `Content-Length`.
    let untold = {
        let mut bytes = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
        bytes.resize(bytes.len() + 67_108_865, b' ');
        bytes
    };
    let mut spec = http_source_spec(&upstream.url("/flags.json"), &json!({}));
    if let SourceKind::Http(http) = &mut spec.kind {
        http.timeout = crate::support::wait::DEADLINE;
    }
    upstream.set_handler(move |_| crate::support::sources::http_upstream::Reply {
        bytes: untold.clone(),
        hang: false,
    });
    drop(followed);
    let followed = start_sources(&[spec], &settings());
    followed
        .wait_for_error(0, "larger than 67108864 bytes")
        .await;
}

#[tokio::test]
async fn format_follows_extension_then_content_type() {
    let yaml = "flags: { f: { variants: { a: 1 }, defaultVariant: a } }";
    for (path, content_type, works) in [
        ("/flags.yaml", "text/plain", true),
        ("/flags.YML?x=.json", "application/json", true),
        ("/flags", "application/yaml; charset=utf-8", true),
        ("/flags", "application/x-yaml", true),
        ("/v1.2/flags.txt", "text/yaml", true),
        ("/flags", "text/plain", false),
        ("/flags", "", false),
    ] {
        let header = format!("content-type: {content_type}");
        let upstream = HttpUpstream::start(move |_| match header.as_str() {
            "content-type: " => http_response("200 OK", &[], yaml),
            header => http_response("200 OK", &[header], yaml),
        })
        .await;
        let followed = poll_url(&upstream.url(path), &json!({}));
        if works {
            followed.wait_for_variant("a").await;
        } else {
            followed.wait_for_error(0, "file format").await;
        }
    }
}

#[tokio::test]
async fn polling_stops_when_the_updater_is_dropped() {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let followed = poll_url(&upstream.url("/"), &json!({}));
    followed.wait_for_variant("a").await;
    let live = std::sync::Arc::downgrade(&followed.live);
    drop(followed);
    crate::support::wait::wait_until(
        || live.upgrade().is_none(),
        || "the update thread is still running".to_owned(),
    )
    .await;
    let asked = upstream.requests().len();
    // Another source is polled for several intervals, in which the first would have been polled too.
    let other = HttpUpstream::start(|_| document_response("a")).await;
    let _others = poll_url(&other.url("/"), &json!({}));
    other.wait_for_requests(5).await;
    assert!(
        upstream.requests().len() <= asked + 1,
        "{:?}",
        upstream.requests().len()
    );
}
