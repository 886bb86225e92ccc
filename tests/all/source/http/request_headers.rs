//! Request headers of an HTTP source.

use serde_json::json;

use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::poll_url;

#[tokio::test]
async fn configured_headers_are_sent() {
    let upstream = HttpUpstream::start(|_| document_response("a")).await;
    let followed = poll_url(&upstream.url("/x"), &json!({"authHeader": "Bearer hush"}));
    followed.wait_for_variant("a").await;
    let seen = upstream.requests().remove(0);
    let accept: Vec<_> = seen
        .headers
        .iter()
        .filter(|(name, _)| name == "accept")
        .collect();
    assert_eq!(accept.len(), 2, "{seen:?}");
    assert_eq!(
        (&*accept[0].1, &*accept[1].1),
        ("application/json", "application/yaml")
    );
    assert_eq!(seen.header("authorization"), "Bearer hush");

    let all = json!({"authHeader": "Bearer hush", "headers": {"AUTHORIZATION": "Basic hush", "Accept": "text/yaml",
        "Host": "flags.example", "X-Team": "blue"}});
    let url = upstream.url("/y").replace("http://", "http://user:hush@");
    let others = poll_url(&url, &all);
    others.wait_for_variant("a").await;
    let seen = upstream
        .requests()
        .into_iter()
        .find(|request| request.path == "/y")
        .expect("one");
    for (name, value) in [
        ("authorization", "Basic hush"),
        ("accept", "text/yaml"),
        ("host", "flags.example"),
        ("x-team", "blue"),
    ] {
        let values: Vec<_> = seen.headers.iter().filter(|(n, _)| n == name).collect();
        assert_eq!(values.len(), 1, "{name}: {seen:?}");
        assert_eq!(values[0].1, value);
    }
    let named = poll_url(
        &upstream.url("/z").replace("http://", "http://user:hush@"),
        &json!({}),
    );
    named.wait_for_variant("a").await;
    let seen = upstream
        .requests()
        .into_iter()
        .find(|request| request.path == "/z")
        .expect("one");
    assert_eq!(seen.header("authorization"), "Basic dXNlcjpodXNo");
}
