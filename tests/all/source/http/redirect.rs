//! Redirects of an HTTP source.

use serde_json::json;

use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::http_upstream::poll_url;

#[tokio::test]
async fn redirect_loop_is_aborted() {
    let upstream = HttpUpstream::start(|_| http_response("302 Found", &["location: /"], "")).await;
    let followed = poll_url(&upstream.url("/"), &json!({}));
    followed
        .wait_for_error(0, "stopped after 10 redirects")
        .await;
    upstream.set_handler(|_| document_response("a"));
    followed.wait_for_variant("a").await;
}

#[tokio::test]
async fn cross_origin_redirect_drops_credentials() {
    let other = HttpUpstream::start(|_| document_response("a")).await;
    let target = format!("location: {}", other.url("/flags.json"));
    let upstream = HttpUpstream::start(move |request| match request.path.as_str() {
        "/" => http_response("307 Temporary Redirect", &["location: /next"], ""),
        _ => http_response("301 Moved Permanently", &[&target], ""),
    })
    .await;
    let secrets =
        json!({"authHeader": "Bearer hush", "headers": {"x-api-key": "hush", "host": "inner"}});
    let followed = poll_url(&upstream.url("/"), &secrets);
    followed.wait_for_variant("a").await;
    let seen = upstream.requests();
    let within = seen
        .iter()
        .find(|request| request.path == "/next")
        .expect("one");
    assert_eq!(within.header("authorization"), "Bearer hush");
    assert_eq!(within.header("x-api-key"), "hush");
    assert_eq!(within.header("host"), "inner");
    for request in other.requests() {
        assert!(!format!("{request:?}").contains("hush"), "{request:?}");
        assert_eq!(request.header("host"), format!("127.0.0.1:{}", other.port));
    }
}
