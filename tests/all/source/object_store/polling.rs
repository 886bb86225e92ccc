//! Conditional requests for objects, and their bodies.

use serde_json::json;

use crate::source::state_dir::restart::settings_with_state_dir;
use crate::source::state_dir::restart::stored_files;
use crate::support::server::rpc::gzip;
use crate::support::sources::document;
use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::ReceivedRequest;
use crate::support::sources::http_upstream::Reply;
use crate::support::sources::http_upstream::binary_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::object_source::S3_KEYS;
use crate::support::sources::object_source::object_source_spec;
use crate::support::sources::object_source::poll_object;
use crate::support::sources::object_source::s3_uri;
use crate::support::sources::start_sources;
use crate::support::temp_dir::TempDir;
use crate::support::wait::wait_until;

/// An object whose flag `f` resolves to `variant`, which is also its entity tag.
fn object(request: &ReceivedRequest, variant: &str) -> Reply {
    let etag = format!("\"{variant}\"");
    if request.header("if-none-match") == etag {
        return http_response("304 Not Modified", &[], "");
    }
    let etag = format!("etag: {etag}");
    http_response(
        "200 OK",
        &[&etag, "content-type: binary/octet-stream"],
        &document(variant),
    )
}

#[tokio::test]
async fn object_is_requested_again_only_if_it_has_changed() {
    let upstream = HttpUpstream::start(|request| object(request, "a")).await;
    let followed = poll_object(&s3_uri(&upstream), &S3_KEYS);
    followed.wait_for_variant("a").await;
    upstream.wait_for_requests(3).await;
    let requests = upstream.requests();
    assert_eq!(requests[0].path, "/bucket/path/flags.json");
    assert_eq!(requests[0].header("if-none-match"), "");
    assert_eq!(requests[2].header("if-none-match"), "\"a\"");
    upstream.set_handler(|request| object(request, "b"));
    followed.wait_for_variant("b").await;
    let state = followed.state(0);
    assert_eq!((state.accepted, state.failed), (2, 0), "{state:?}");
}

#[tokio::test]
async fn source_has_the_name_and_kind_that_flagd_gives_it() {
    let upstream = HttpUpstream::start(|request| object(request, "a")).await;
    let uri = s3_uri(&upstream);
    let followed = poll_object(&uri, &S3_KEYS);
    followed.wait_for_variant("a").await;
    let status = &followed.watch.statuses[0];
    assert_eq!((&*status.name, status.kind), (uri.as_str(), "s3"));
    assert_eq!(
        &*status.redacted_name,
        "s3://bucket/path/flags.json?[redacted]"
    );
}

#[tokio::test]
async fn compressed_object_is_decoded() {
    let body = gzip(document("a").as_bytes());
    let upstream =
        HttpUpstream::start(move |_| binary_response(&["content-encoding: gzip"], &body)).await;
    let followed = poll_object(&s3_uri(&upstream), &S3_KEYS);
    followed.wait_for_variant("a").await;
    assert_eq!(upstream.requests()[0].header("accept-encoding"), "gzip");
}

#[tokio::test]
async fn format_is_that_of_the_key_or_else_of_the_content_type() {
    let text = "flags: {f: {state: ENABLED, variants: {a: a}, defaultVariant: a}}";
    let yaml = HttpUpstream::start(move |_| http_response("200 OK", &[], text)).await;
    let uri = s3_uri(&yaml).replace("flags.json", "flags.YML");
    poll_object(&uri, &S3_KEYS).wait_for_variant("a").await;
    let typed =
        move |_: &ReceivedRequest| http_response("200 OK", &["content-type: text/yaml"], text);
    let typed = HttpUpstream::start(typed).await;
    let uri = s3_uri(&typed).replace("flags.json", "flags");
    poll_object(&uri, &S3_KEYS).wait_for_variant("a").await;
    let unknown = poll_object(&s3_uri(&yaml).replace("flags.json", "flags"), &S3_KEYS);
    unknown
        .wait_for_error(0, "unable to determine file format")
        .await;
}

#[tokio::test]
async fn object_above_the_limit_is_refused_before_it_is_read() {
    let upstream = HttpUpstream::start(|request| object(request, "a")).await;
    let followed = poll_object(&s3_uri(&upstream), &S3_KEYS);
    followed.wait_for_variant("a").await;
    // The body never arrives: the announced length is enough.
    upstream.set_handler(|_| {
        let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 100 << 20);
        Reply {
            bytes: text.into_bytes(),
            hang: true,
        }
    });
    followed
        .wait_for_error(0, "larger than 67108864 bytes")
        .await;
    assert_eq!(followed.variant("f"), "a");
}

#[tokio::test]
async fn tag_of_a_restored_object_makes_the_first_request_conditional() {
    let upstream = HttpUpstream::start(|request| object(request, "a")).await;
    let directory = TempDir::new();
    let settings = settings_with_state_dir(directory.path());
    let spec = [object_source_spec(&s3_uri(&upstream), &S3_KEYS)];
    let first = start_sources(&spec, &settings);
    first.wait_for_variant("a").await;
    let is_stored = || stored_files(directory.path()).len() == 1;
    wait_until(is_stored, || "no entry is stored".to_owned()).await;
    drop(first);
    let before = upstream.requests().len();
    let second = start_sources(&spec, &settings);
    second
        .wait_for_state(0, |state| state.has_flags() && !state.from_state_dir)
        .await;
    let requests = upstream.requests().split_off(before);
    let tags: Vec<&str> = requests.iter().map(|r| r.header("if-none-match")).collect();
    assert!(
        !tags.is_empty() && tags.iter().all(|tag| *tag == "\"a\""),
        "{tags:?}"
    );
    assert_eq!(
        (second.state(0).accepted, second.variant("f")),
        (0, "a".to_owned())
    );
}

#[tokio::test]
async fn interval_and_seed_are_those_of_flagd() {
    let entry = json!([{"uri": "gs://bucket/flags.json", "provider": "gcs", "interval": 30, "intervalSeed": "pod-1"}]);
    let specs = fanion::source::spec::parse_list(&entry.to_string()).expect("a source");
    let want = r#"{"uri":"gs://bucket/flags.json","provider":"gcs","interval":30,"intervalSeed":"pod-1","timeoutS":30}"#;
    assert_eq!(specs[0].to_redacted_json(), want);
}
