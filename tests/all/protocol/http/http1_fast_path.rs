//! The HTTP/1.1 fast path and hyper send equal responses.

use proptest::prelude::*;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::server;
use crate::support::server::Server;
use crate::support::server::raw_http1::post_request;
use crate::support::server::raw_http1::read_responses;
use crate::support::server::raw_http1::response_length;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;
use crate::support::wait::poll_until;

const RPC: &str = "/flagd.evaluation.v1.Service/";

const OFREP: &str = "/ofrep/v1/evaluate/flags";

/// The number of users.
const USERS: u32 = 1000;

const JSON: &str = "Content-Type: application/json\r\n";

/// A header without effect that the fast path does not accept.
const FORCES_HYPER: &str = "expect: nothing\r\n";

/// Serves a flag with a variant for each user, and a flag with a long value.
async fn serve() -> (Server, TempDir) {
    let long = "x".repeat(40_000);
    let user = |n: u32| (n.to_string(), format!("user-{n}").into());
    let users: serde_json::Map<_, _> = (0..USERS).map(user).collect();
    let flags = json!({"flags": {
        "who": {"variants": users, "defaultVariant": "0", "targeting": {"var": "targetingKey"}},
        "on": {"variants": {"on": true}, "defaultVariant": "on", "metadata": {"owner": "payments"}},
        "off": {"state": "DISABLED", "variants": {"on": true}, "defaultVariant": "on"},
        "long": {"variants": {"on": {"text": long}}, "defaultVariant": "on"},
    }});
    server::serve_text("flags.json", &flags.to_string()).await
}

/// A path, a header, and a body. Without a `Content-Type` header the body is JSON.
const CASES: &str = r#"
ResolveBoolean | | {"flagKey": "on", "context": {"targetingKey": "one"}}
ResolveBoolean | Content-Type: Application/JSON | {"flagKey": "on"}
ResolveBoolean | Origin: https://a.example | {"flagKey": "on"}
ResolveBoolean | Connection: Keep-Alive | {"flagKey": "on"}
ResolveBoolean | Connect-Protocol-Version: 2 | {"flagKey": "on"}
ResolveBoolean | Connect-Timeout-Ms: 0 | {"flagKey": "on"}
ResolveBoolean | Content-Encoding: gzip | {"flagKey": "on"}
ResolveBoolean | Content-Encoding: br | {"flagKey": "on"}
ResolveBoolean | Flagd-Selector: flagSetId=none | {"flagKey": "on"}
ResolveBoolean | Flagd-Selector: ? | {"flagKey": "on"}
ResolveBoolean | Content-Type: text/plain | {"flagKey": "on"}
ResolveBoolean | Content-Type: | {"flagKey": "on"}
ResolveBoolean | Content-Type: Application/GRPC+json |
EventStream | Content-Type: Application/GRPC+json |
ResolveBoolean | Content-Type: application/grpc-web+json | {"flagKey": "on"}
ResolveBoolean | |
ResolveBoolean | | {
ResolveBoolean | | {"flagKey": "off"}
ResolveBoolean | | {"flagKey": "absent"}
ResolveString | | {"flagKey": "on"}
ResolveString | | {"flagKey": "who", "context": {"targetingKey": "7"}}
ResolveObject | | {"flagKey": "long"}
ResolveObject | Accept-Encoding: br, gzip | {"flagKey": "long"}
ResolveAll | | {}
ResolveNothing | | {}
EventStream | | {}
EventStream | Content-Type: application/connect+json | {
EventStream | Content-Type: application/grpc-web+json |
/on | | {}
/on | Content-Type: | {"context": {"targetingKey": "one"}}
/o%6e?x=1 | | {}
/%zz | | {}
/../flags/on | | {}
/off | | {}
/absent | | {}
/long | | {}
/on | | {
/on | Flagd-Selector: ? | {}
/on | Origin: https://a.example | {}
/ | | {}
/ | If-None-Match: * | {}
/a/b | | {}
"#;

#[tokio::test]
async fn fast_path_and_hyper_send_equal_responses() {
    let (server, _directory) = serve().await;
    for case in CASES.trim().lines() {
        let [path, field, body] = case.splitn(3, '|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("{case}");
        };
        let (port, base) = match path.strip_prefix('/') {
            Some(_) => (server.ofrep, OFREP),
            None => (server.port, RPC),
        };
        let typed = if field.starts_with("Content-Type") {
            ""
        } else {
            JSON
        };
        let fields = format!(
            "{typed}{field}{}",
            if field.is_empty() { "" } else { "\r\n" }
        );
        let quick = post_request(&format!("{base}{path}"), &fields, body);
        let slow = post_request(
            &format!("{base}{path}"),
            &format!("{fields}{FORCES_HYPER}"),
            body,
        );
        let quick = read_responses(port, &[quick.as_bytes()], 1).await;
        let slow = read_responses(port, &[slow.as_bytes()], 1).await;
        assert_eq!(quick, slow, "{case}");
        assert_eq!(quick.len(), 1, "{case}");
    }
}

#[tokio::test]
async fn fast_path_and_hyper_agree_on_requests_without_body() {
    let (server, _directory) = serve().await;
    for (port, path) in [
        (server.port, format!("{RPC}ResolveBoolean")),
        (server.port, format!("{RPC}EventStream")),
        (server.port, "/".to_owned()),
        (server.ofrep, format!("{OFREP}/on")),
        (server.ofrep, "/ofrep/v1/sse/foo=bar".to_owned()),
        (server.ofrep, "/".to_owned()),
    ] {
        let get = |fields: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        // The response to a second request shows that the server found the end of the first one.
        let (evaluation, body) = if port == server.port {
            (format!("{RPC}ResolveBoolean"), r#"{"flagKey": "on"}"#)
        } else {
            (format!("{OFREP}/on"), "{}")
        };
        let next = post_request(&evaluation, JSON, body);
        let twice = async |fields: &str| {
            let bytes = format!("{}{next}", get(fields));
            read_responses(port, &[bytes.as_bytes()], 2).await
        };
        let quick = twice("").await;
        assert_eq!(quick.len(), 2, "{quick:?}");
        assert!(quick[1].starts_with("HTTP/1.1 200 OK"), "{quick:?}");
        assert_eq!(quick, twice(FORCES_HYPER).await, "{path}");
    }
}

#[tokio::test]
async fn requests_outside_the_fast_path_are_served_by_hyper() {
    let (server, _directory) = serve().await;
    let path = format!("{RPC}ResolveBoolean");
    let body = r#"{"flagKey": "on"}"#;
    let plain = post_request(&path, JSON, body);
    let chunked = format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    let length = format!("Content-Length: {}\r\n", body.len());
    let many: String = (0..100).map(|n| format!("x-{n}: {n}\r\n")).collect();
    let large = format!(
        r#"{{"flagKey": "on", "context": {{"x": "{}"}}}}"#,
        "x".repeat(100_000)
    );
    for other in [
        chunked,
        post_request(&path, &format!("{JSON}{length}"), body),
        post_request(&path, &format!("{JSON}Upgrade: h2c\r\n"), body),
        post_request(&path, &format!("{JSON}{many}"), body),
        post_request(&path, &format!("{JSON}x: {}\r\n", "x".repeat(9000)), body),
        post_request(&format!("http://a{path}"), JSON, body),
        post_request(&path, JSON, &large),
    ] {
        let bytes = format!("{plain}{other}{plain}");
        let answers = read_responses(server.port, &[bytes.as_bytes()], 3).await;
        assert_eq!(answers.len(), 3, "{other}");
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{answers:?}"
        );
        assert!(answers[0].contains(r#""variant":"on""#), "{answers:?}");
    }
    let both = format!("Content-Length: 1\r\n{JSON}");
    let refused = read_responses(
        server.port,
        &[post_request(&path, &both, body).as_bytes()],
        1,
    )
    .await;
    assert!(refused[0].starts_with("HTTP/1.1 400 "), "{refused:?}");
}

#[tokio::test]
async fn body_above_the_limit_is_rejected() {
    let settings = fanion::serve::ServeConfig {
        max_body: 10,
        ..fanion::serve::ServeConfig::default()
    };
    let (server, _directory) = server::serve_with("flags.json", r#"{"flags": {}}"#, settings).await;
    for (port, path, status) in [
        (server.port, format!("{RPC}ResolveBoolean"), "429"),
        (server.ofrep, format!("{OFREP}/f"), "413"),
    ] {
        let bytes = post_request(&path, JSON, r#"{"flagKey": "f"}"#);
        let answer = read_responses(port, &[bytes.as_bytes()], 1).await;
        assert_eq!(answer[0].split(' ').nth(1), Some(status), "{answer:?}");
    }
}

#[tokio::test]
async fn partially_received_request_is_answered_during_shutdown() {
    let (server, _directory) = serve().await;
    let whole = post_request(
        &format!("{RPC}ResolveBoolean"),
        JSON,
        r#"{"flagKey": "on"}"#,
    );
    let (begun, rest) = whole.split_at(whole.len() - 3);
    let socket = TcpStream::connect(("127.0.0.1", server.port)).await;
    let mut socket = socket.expect("a connection");
    // One write sends both, so the server has read the partial request when it responds to the first one.
    let bytes = format!("{whole}{begun}");
    socket.write_all(bytes.as_bytes()).await.expect("sent");
    let mut read = Vec::new();
    while response_length(&read).is_none() {
        assert!(socket.read_buf(&mut read).await.expect("an answer") > 0);
    }
    server.shutdown.send(true).expect("a server");
    // Shutdown has begun once the port is closed.
    let is_closed = async || {
        TcpStream::connect(("127.0.0.1", server.port))
            .await
            .is_err()
    };
    poll_until(is_closed, || "the port stays open".to_owned()).await;
    socket.write_all(rest.as_bytes()).await.expect("sent");
    read.clear();
    let end = tokio::time::timeout(DEADLINE, socket.read_to_end(&mut read)).await;
    end.expect("an end").expect("an answer");
    let answer = String::from_utf8_lossy(&read);
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

/// Requests: the user, true if hyper must handle it, and the number of padding bytes.
fn asks() -> impl Strategy<Value = Vec<(u32, bool, usize)>> {
    proptest::collection::vec((0..USERS, prop::bool::weighted(0.1), 0..500_usize), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn requests_split_at_any_byte_are_answered(asks in asks(), cuts in proptest::collection::vec(0..4000_usize, 0..20)) {
        let mut bytes = String::new();
        for (user, slow, longer) in &asks {
            let fields = format!("{JSON}{}", if *slow { FORCES_HYPER } else { "" });
            let longer = "x".repeat(*longer);
            let body = format!(r#"{{"context": {{"targetingKey": "{user}", "x": "{longer}"}}}}"#);
            bytes += &post_request(&format!("{OFREP}/who"), &fields, &body);
        }
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % bytes.len()).chain([0, bytes.len()]).collect();
        cuts.sort_unstable();
        let pieces: Vec<_> = cuts.windows(2).map(|cut| &bytes.as_bytes()[cut[0]..cut[1]]).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let found = runtime.expect("a runtime").block_on(async {
            let (server, _directory) = serve().await;
            read_responses(server.ofrep, &pieces, asks.len()).await
        });
        prop_assert_eq!(found.len(), asks.len());
        for ((user, ..), answer) in asks.iter().zip(found) {
            let own = format!(r#""value":"user-{user}""#);
            prop_assert!(answer.contains(&own), "{} {}", own, answer);
        }
    }
}
