//! Context attributes: `var` defaults, `$flagd` properties, added context.

use crate::support::evaluate::assert_variant;
use crate::support::program::daemon::Daemon;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn header_context_overrides_static_context_overrides_request() {
    let directory = TempDir::new();
    let flags = r#"{"flags": {"f": {"variants": {"a": "a", "b": "b", "c": "c", "ü": "ü"},
        "targeting": {"var": "k"}}}}"#;
    directory.write("flags.json", flags);
    let options = ["--uri", "file:flags.json", "-X", "k=b", "-H", "X-K=k"];
    let daemon = Daemon::start(directory.path(), &options);
    daemon.wait_for_reload();
    let mut client = HttpClient::connect(daemon.port, HttpVersion::Http1).await;
    let body = r#"{"flagKey": "f", "context": {"k": "a"}}"#;
    let json = "content-type: application/json";
    for (service, headers, want) in [
        ("flagd.evaluation.v1", vec![json], "b"),
        ("flagd.evaluation.v1", vec![json, "x-k: c"], "c"),
        ("flagd.evaluation.v2", vec![json, "x-k: c"], "c"),
        ("flagd.evaluation.v1", vec![json, "x-k: ü"], "ü"),
        // `schema.v1` ignores headers.
        ("schema.v1", vec![json, "x-k: c"], "b"),
    ] {
        let path = format!("/{service}.Service/ResolveString");
        let answer = client.post(&path, &headers, body).await.json();
        assert_eq!(answer["value"], want, "{service} {headers:?}");
    }
}

#[test]
fn var_default_applies_to_missing_and_null_attributes() {
    assert_variant(r#"{"var": ["x", "a"]}"#, "{}", "a");
    assert_variant(r#"{"var": ["x", "a"]}"#, r#"{"x": null}"#, "a");
    assert_variant(r#"{"var": ["x.y", "a"]}"#, r#"{"x": {"y": "b"}}"#, "b");
    assert_variant(r#"{"var": "x.1"}"#, r#"{"x": ["a", "b"]}"#, "b");
}

#[test]
fn caller_cannot_override_flagd_properties() {
    let context = r#"{"$flagd": {"flagKey": "evil", "timestamp": 1}}"#;
    assert_variant(
        r#"{"if": [{"==": [{"var": "$flagd.flagKey"}, "f"]}, "a", "b"]}"#,
        context,
        "a",
    );
    assert_variant(
        r#"{"if": [{">": [{"var": "$flagd.timestamp"}, 1000]}, "a", "b"]}"#,
        context,
        "a",
    );
    assert_variant(
        r#"{"if": [{"var": "$flagd.other"}, "a", "b"]}"#,
        context,
        "b",
    );
    let dynamic = r#"{"if": [{"==": [{"var": {"cat": ["$flagd.", "flagKey"]}}, "f"]}, "a", "b"]}"#;
    assert_variant(dynamic, context, "a");
}
