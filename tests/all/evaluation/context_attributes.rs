//! Context attributes: `var` defaults, `$flagd` properties, added context.

use bytes::Bytes;
use fanion::serve::ServeConfig;
use fanion::wire::context::enrichment::ContextEnrichment;
use http::Request;
use http_body_util::Full;

use crate::support::evaluate::assert_variant;
use crate::support::program::daemon::Daemon;
use crate::support::server;
use crate::support::server::Server;
use crate::support::server::grpc_client::grpc_frame;
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

/// Serves flags, with these headers mapped to the attribute `user`.
async fn serve_mapped(flags: &str, headers: &[&'static str]) -> (Server, TempDir) {
    let header = |name: &&'static str| (http::HeaderName::from_static(name), "user".into());
    let added_context = ContextEnrichment {
        static_values: Vec::new(),
        header_mappings: headers.iter().map(header).collect(),
    };
    let config = ServeConfig {
        added_context,
        ..ServeConfig::default()
    };
    server::serve_with("flags.json", flags, config).await
}

/// Asks with these headers in every protocol that maps headers; the caller's attribute `user` is `é`. Returns the
/// protocols and the bodies of the responses.
async fn ask_everywhere(
    server: &Server,
    headers: &[(&str, &[u8])],
) -> Vec<(&'static str, HttpVersion, String)> {
    use HttpVersion::Http1;
    use HttpVersion::Http2;
    let single = br#"{"flagKey":"f","context":{"user":"\u00e9"}}"#;
    let (all, framed) = (br#"{"context":{"user":"\u00e9"}}"#, grpc_frame(single));
    let one = "/flagd.evaluation.v1.Service/ResolveString";
    let newer = "/flagd.evaluation.v2.Service/ResolveString";
    let every = "/flagd.evaluation.v1.Service/ResolveAll";
    let (flag, bulk) = ("/ofrep/v1/evaluate/flags/f", "/ofrep/v1/evaluate/flags");
    let json = "application/json";
    let mut answers = Vec::new();
    for (version, connection, path, content_type, body) in [
        (Http1, "keep-alive", one, json, &single[..]),
        (Http1, "close", one, json, single),
        (Http2, "", newer, json, single),
        (Http1, "keep-alive", every, json, all),
        (
            Http1,
            "keep-alive",
            one,
            "application/grpc-web+json",
            &framed,
        ),
        (Http2, "", one, "application/grpc+json", &framed),
        (Http1, "keep-alive", flag, json, all),
        (Http1, "close", flag, json, all),
        (Http2, "", flag, json, all),
        (Http1, "keep-alive", bulk, json, all),
        (Http2, "", bulk, json, all),
    ] {
        let is_ofrep = path.starts_with("/ofrep");
        let port = if is_ofrep { server.ofrep } else { server.port };
        let mut request = Request::post(format!("http://localhost{path}"))
            .header("host", "localhost")
            .header("content-type", content_type);
        if !connection.is_empty() {
            request = request.header("connection", connection);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut client = HttpClient::connect(port, version).await;
        let body = Full::new(Bytes::copy_from_slice(body));
        let answer = client.send(request.body(body).expect("a request")).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        answers.push((content_type, version, text));
    }
    answers
}

fn user(value: &[u8]) -> (&str, &[u8]) {
    ("x-user", value)
}

#[tokio::test]
async fn mapped_header_is_never_weaker_than_the_caller() {
    let flags = r#"{"flags": {"f": {"variants": {"caller": "caller", "header": "header"}, "defaultVariant": "caller",
        "targeting": {"if": [{"==": [{"var": "user"}, "é"]}, "caller", "header"]}}}}"#;
    let (server, _directory) = serve_mapped(flags, &["x-user", "x-other"]).await;
    let long = vec![0xe9; 50_000];
    for (headers, want) in [
        (vec![user(&b"plain"[..])], "header"),
        (vec![user(b"J\xe9r\xf4me")], "header"),
        (vec![user(b"\xff")], "header"),
        (vec![user(b"\xc3")], "header"),
        (vec![user(b"\xed\xa0\x80")], "header"),
        (vec![user(b"a\tb")], "header"),
        (vec![user(&long)], "header"),
        (vec![("X-USER", &b"\xe9"[..])], "header"),
        // The first of several values counts, and the last of several headers.
        (vec![user(b"\xe9"), user("é".as_bytes())], "header"),
        (vec![user("é".as_bytes()), ("x-other", b"\xe9")], "header"),
        (vec![("x-other", b"\xe9")], "header"),
        // As in flagd, an absent or empty header leaves the attribute to the caller.
        (vec![], "caller"),
        (vec![user(b"")], "caller"),
    ] {
        let want = format!("\"variant\":\"{want}\"");
        for (protocol, version, answer) in ask_everywhere(&server, &headers).await {
            let answer = answer.replace(": ", ":");
            assert!(
                answer.contains(&want),
                "{headers:?} {protocol} {version:?}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn invalid_header_bytes_become_replacement_characters() {
    let cases = [
        (&b"J\xe9r\xf4me"[..], "J\u{fffd}r\u{fffd}me"),
        (b"\xe2\x82", "\u{fffd}\u{fffd}"),
        (b"\xe2\x82\xac", "€"),
        (b"\xf0\x9f\x98x", "\u{fffd}\u{fffd}\u{fffd}x"),
    ];
    let variants: serde_json::Map<String, serde_json::Value> = cases
        .iter()
        .chain(&[(&b""[..], "none")])
        .map(|(_, text)| ((*text).to_owned(), (*text).into()))
        .collect();
    let flags = serde_json::json!({"flags": {"f": {"variants": variants, "defaultVariant": "none", "targeting": {"var": "user"}}}});
    let (server, _directory) = serve_mapped(&flags.to_string(), &["x-user"]).await;
    for (bytes, want) in cases {
        for (protocol, _, answer) in ask_everywhere(&server, &[("x-user", bytes)]).await {
            let value = format!("\"{want}\"");
            assert!(answer.contains(&value), "{bytes:?} {protocol}: {answer}");
        }
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
