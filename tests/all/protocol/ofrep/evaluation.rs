//! OFREP evaluation of one flag and of all flags, with entity tags.

use http_body_util::Full;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate::rollout::remote_rollout;
use crate::support::server;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpResponse;
use crate::support::server::http_client::HttpVersion;
use crate::support::temp_dir::TempDir;

const FLAGS: &str = r#"
metadata: { owner: nobody }
flags:
  number: { variants: { v: 1, w: 2.5 }, defaultVariant: v, targeting: { var: k } }
  list:   { variants: { v: [1, "<"] }, defaultVariant: v, metadata: { owner: me } }
  nil:    { variants: { v: null }, defaultVariant: v }
  "off":  { state: DISABLED, variants: { v: true }, defaultVariant: v }
  none:   { variants: { v: true } }
  broken: { variants: { v: true }, defaultVariant: v, targeting: { no_such: [] } }
  astray: { variants: { v: true }, defaultVariant: v, targeting: elsewhere }
  "a b":  { variants: { v: true }, defaultVariant: v, metadata: { flagSetId: z } }
"#;

const BASE: &str = "/ofrep/v1/evaluate/flags";

async fn client() -> (HttpClient, server::Server, TempDir) {
    let (server, directory) = server::serve_text("flags.yaml", FLAGS).await;
    (
        HttpClient::connect(server.ofrep, HttpVersion::Http1).await,
        server,
        directory,
    )
}

async fn one(client: &mut HttpClient, key: &str, body: &str) -> HttpResponse {
    client
        .post(&format!("{BASE}/{key}"), &[], body.to_owned())
        .await
}

fn metadata() -> Value {
    json!({"owner": "nobody"})
}

#[tokio::test]
async fn single_evaluation_responses_equal_flagds() {
    let (mut client, _server, _directory) = client().await;
    let failure = |key: &str, code: &str, details: &str| json!({"key": key, "errorCode": code, "errorDetails": details, "metadata": metadata()});
    let general = "error processing the flag for evaluation";
    for (key, status, want) in [
        (
            "number",
            200,
            json!({"value": 1, "key": "number", "reason": "DEFAULT", "variant": "v", "metadata": metadata()}),
        ),
        (
            "list",
            200,
            json!({"value": [1, "<"], "key": "list", "reason": "STATIC", "variant": "v", "metadata": {"owner": "me"}}),
        ),
        (
            "off",
            200,
            json!({"key": "off", "reason": "DISABLED", "metadata": metadata()}),
        ),
        (
            "none",
            200,
            json!({"key": "none", "reason": "DEFAULT", "metadata": metadata()}),
        ),
        ("nil", 400, failure("nil", "GENERAL", general)),
        ("astray", 400, failure("astray", "GENERAL", general)),
        (
            "broken",
            400,
            failure("broken", "PARSE_ERROR", "error parsing the flag `broken`"),
        ),
        (
            "missing",
            404,
            json!({"key": "missing", "errorCode": "FLAG_NOT_FOUND", "errorDetails": "flag `missing` does not exist", "metadata": {}}),
        ),
    ] {
        let answer = one(&mut client, key, "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (status, want),
            "{key}"
        );
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let escaped = one(&mut client, "a%20b", "{}").await;
    assert_eq!(escaped.json()["metadata"]["flagSetId"], "z");
}

#[tokio::test]
async fn request_body_is_parsed_leniently() {
    let (mut client, _server, _directory) = client().await;
    for (body, variant) in [
        ("", "v"),
        ("  ", "v"),
        ("null", "v"),
        ("{}", "v"),
        (r#"{"context":null}"#, "v"),
        (r#"{"context":"x"}"#, "v"),
        (r#"{"context":{"k":"w"}}"#, "w"),
        (r#"{"Context":{"k":"w"},"other":[1]} trailing"#, "w"),
    ] {
        let answer = one(&mut client, "number", body).await.json();
        assert_eq!(answer["variant"], variant, "{body:?}");
    }
    // Invalid UTF-8 is read as U+FFFD.
    let path = format!("{BASE}/number");
    let body = &b"{\"context\":{\"k\":\"w\",\"x\":\"\xff\"}}"[..];
    let answer = client.post(&path, &[], body).await;
    assert_eq!(answer.json()["variant"], "w");
    let details = json!({"key": "number", "errorCode": "INVALID_CONTEXT",
        "errorDetails": "Provider context is not valid", "metadata": null});
    for body in ["{", "[]", "x", "{\"context\":}"] {
        let answer = one(&mut client, "number", body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (400, details.clone()),
            "{body:?}"
        );
    }
    let answer = client.post(BASE, &[], "{").await;
    assert_eq!(answer.json().get("key"), None);
}

#[tokio::test]
async fn unpaired_surrogates_are_read_as_replacement_character() {
    let flags = r#"{"flags": {"f": {"variants": {"w": "w", "Zo\ufffd": "", "\ufffd\ud83d\ude00": ""},
        "targeting": {"var": "k"}}}}"#;
    let (server, _directory) = server::serve_text("flags.json", flags).await;
    let mut client = HttpClient::connect(server.ofrep, HttpVersion::Http1).await;
    for (body, variant) in [
        (r#"{"context":{"k":"Zo\ud83d"}}"#, "Zo\u{fffd}"),
        (r#"{"context":{"k":"Zo\uDE00"}}"#, "Zo\u{fffd}"),
        (r#"{"context":{"k":"\ud83d\ud83d\ude00"}}"#, "\u{fffd}😀"),
        (r#"{"context":{"k":"w","x":"Zo\ud83d"}}"#, "w"),
        (r#"{"context":{"x":{"y":["\udfff\n"]},"k":"w"}}"#, "w"),
        (r#"{"context":{"\ude00":1,"k":"w"}}"#, "w"),
        (r#"{"context":{"k":"w","k\ud800":"x"}}"#, "w"),
        (r#"{"context":{"\u006b":"w","x":"\ud800\\"}}"#, "w"),
        (r#"{"\ud83d":"\ud83d","context":{"k":"w"}}"#, "w"),
        (r#"{"context":{"k":"w"},"context\udc00":{"k":"x"}}"#, "w"),
    ] {
        let single = one(&mut client, "f", body).await;
        assert_eq!(single.status, 200, "{body}");
        assert_eq!(single.json()["variant"], variant, "{body}");
        let bulk = client.post(BASE, &[], body).await.json();
        assert_eq!(bulk["flags"][0]["variant"], variant, "{body}");
    }
    for body in [
        r#"{"context":{"k":"\ud83d\u12"}}"#,
        r#"{"context":{"k":"\ud83"}}"#,
        r#"{"context":{"k":"\ud83d}}"#,
        r#"{"context":{"k":"\ud83d","#,
    ] {
        assert_eq!(one(&mut client, "f", body).await.status, 400, "{body}");
        assert_eq!(client.post(BASE, &[], body).await.status, 400, "{body}");
    }
    // Each byte of an incomplete character is one U+FFFD, as in Go.
    let body = &b"{\"context\":{\"k\":\"Zo\xe2\"}}"[..];
    let answer = client.post(&format!("{BASE}/f"), &[], body).await;
    assert_eq!(answer.json()["variant"], "Zo\u{fffd}");
}

#[tokio::test]
async fn bulk_evaluation_lists_every_flag_once() {
    let (mut client, _server, _directory) = client().await;
    let body = client
        .post(&format!("{BASE}/"), &[], r#"{"context":{"k":"w"}}"#)
        .await
        .json();
    let flags = body["flags"].as_array().expect("flags");
    let keys: Vec<_> = flags
        .iter()
        .map(|flag| flag["key"].as_str().expect("a key"))
        .collect();
    // Flags without a flag set come first, then the flag sets in their order.
    assert_eq!(
        keys,
        [
            "astray", "broken", "list", "nil", "none", "number", "off", "a b"
        ]
    );
    assert_eq!(flags[1]["errorCode"], "PARSE_ERROR");
    assert_eq!(flags[5]["value"], 2.5);
    assert_eq!(body["metadata"], json!({}));
    let selected = client
        .post(BASE, &["flagd-selector: flagSetId=z"], "")
        .await
        .json();
    assert_eq!(selected["flags"].as_array().map(Vec::len), Some(1));
    assert_eq!(selected["metadata"], json!({"flagSetId": "z"}));
    let none = client
        .post(BASE, &["flagd-selector: nosuch"], "")
        .await
        .json();
    assert_eq!(none["flags"], json!([]));
    assert_eq!(none["metadata"], json!({"source": "nosuch"}));
    let bad = client.post(BASE, &["flagd-selector: a=b"], "").await;
    let details =
        "invalid selector: invalid selector key \"a\", valid keys: \"flagSetId\", \"source\"";
    let want = json!({"errorCode": "GENERAL", "errorDetails": details, "metadata": null});
    assert_eq!((bad.status.as_u16(), bad.json()), (400, want));
}

#[tokio::test]
async fn bulk_etag_is_equal_on_every_replica() {
    let (mut client, _server, _directory) = client().await;
    let (mut replica, _other, _elsewhere) = self::client().await;
    let context = r#"{"context":{"k":"w"}}"#;
    let first = client.post(BASE, &[], context).await;
    let second = replica.post(BASE, &[], context).await;
    let tag = first.header("etag").to_owned();
    assert!(!tag.is_empty() && tag == second.header("etag"));
    let known = format!("if-none-match: {tag}");
    let unchanged = replica.post(BASE, &[&known], context).await;
    assert_eq!((unchanged.status.as_u16(), unchanged.body.len()), (304, 0));
    assert_eq!(unchanged.header("etag"), tag);
    assert_eq!(replica.post(BASE, &[&known], "{}").await.status, 200);
}

#[tokio::test]
async fn invalid_paths_and_methods_are_rejected_as_in_flagd() {
    let (mut client, server, _directory) = client().await;
    let get = http::Request::get(format!("http://localhost{BASE}/number")).header("host", "x");
    let answer = client
        .send(get.body(Full::default()).expect("a request"))
        .await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (405, 0));
    assert_eq!(answer.header("allow"), "POST");
    for path in [
        "/ofrep/v1/configuration",
        "/",
        &format!("{BASE}/a%2Fb"),
        &format!("{BASE}/a/b"),
    ] {
        let answer = client.post(path, &[], "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (404, "404 page not found\n"),
            "{path}"
        );
    }
    for path in [
        "/ofrep//v1/evaluate/flags",
        "/ofrep/v1/../v1/evaluate/flags",
        &format!("{BASE}/number/%2E%2e"),
        &format!("{BASE}/."),
    ] {
        let answer = client.post(path, &[], "").await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (301, BASE),
            "{path}"
        );
    }
    let answer = client.post(&format!("{BASE}/%zz"), &[], "").await;
    assert_eq!(answer.status, 400);
    // The size limit applies before the body is parsed.
    let answer = client.post(BASE, &[], "x".repeat(1_100_000)).await;
    assert_eq!(answer.status, 413);
    // The same over HTTP/2 and with a browser's `Origin` header.
    let mut client = HttpClient::connect(server.ofrep, HttpVersion::Http2).await;
    let large = format!(r#"{{"context":{{"k":"{}"}}}}"#, "x".repeat(1_000_000));
    let answer = client
        .post(BASE, &["origin: https://app.example.com"], large)
        .await;
    assert_eq!(
        answer.json(),
        json!({"errorDetails": "request body too large"})
    );
    assert_eq!(answer.status, 413);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn etag_is_exposed_to_browsers() {
    let (mut client, _server, _directory) = client().await;
    let answer = client.post(BASE, &["origin: http://page.test"], "").await;
    let exposed = answer.header("access-control-expose-headers");
    assert!(exposed.split(", ").any(|name| name == "ETag"), "{exposed}");
    assert!(!answer.header("etag").is_empty());
}

#[tokio::test]
async fn json_body_is_read_with_any_content_type() {
    let (server, _dir) =
        server::serve_text("flags.json", &remote_rollout(true, 10).to_string()).await;
    let mut client = HttpClient::connect(server.ofrep, HttpVersion::Http1).await;
    let path = "/ofrep/v1/evaluate/flags/checkout-remote-rollout";
    let body = r#"{"context":{"segments":["internal-staff"]}}"#;
    for headers in [
        &["content-type: application/json"][..],
        &["content-type: application/x-www-form-urlencoded"],
        &["content-type: text/plain;charset=UTF-8"],
        &[],
    ] {
        let answer = client.post(path, headers, body).await;
        assert_eq!(answer.json()["variant"], "canary", "{headers:?}");
    }
}
