//! Documents over HTTP: what a server may do wrong, and what it is told.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fanion::source::spec::SourceKind;
use serde_json::json;

use crate::support::sources::Followed;
use crate::support::sources::Seen;
use crate::support::sources::Upstream;
use crate::support::sources::document;
use crate::support::sources::follow;
use crate::support::sources::good;
use crate::support::sources::http;
use crate::support::sources::reply;
use crate::support::sources::settings;

/// Follows one URL.
fn ask(url: &str, more: &serde_json::Value) -> Followed {
    follow(&[http(url, more)], &settings())
}

#[tokio::test]
async fn unreachable_server_is_retried_until_it_is_up() {
    let port = {
        let upstream = Upstream::start(|_| good("a")).await;
        upstream.port
    };
    let followed = ask(&format!("http://127.0.0.1:{port}/flags.json"), &json!({}));
    followed
        .watch
        .initial_load()
        .await
        .expect("it does not insist");
    followed.fails(0, "error").await;
    assert!(!followed.live.load().is_usable());
    let _upstream = Upstream::at(port, |_| good("a")).await;
    followed.answers("a").await;
    let state = followed
        .does(0, |state| state.failing_since.is_none())
        .await;
    assert_eq!(state.accepted, 1);
    assert!(followed.live.load().is_usable());
}

#[tokio::test]
async fn server_errors_keep_last_good_flags() {
    let upstream = Upstream::start(|_| good("a")).await;
    let followed = ask(&upstream.url("/"), &json!({}));
    followed.answers("a").await;
    upstream.now(|_| reply("500 Internal Server Error", &[], "sorry"));
    followed.fails(0, "500 Internal Server Error").await;
    let state = followed.state(0);
    assert!(state.is_stale() && state.age(std::time::SystemTime::now()).is_some());
    assert_eq!(followed.answer("f"), "a");
    upstream.now(|_| good("b"));
    followed.answers("b").await;
    followed.does(0, |state| !state.is_stale()).await;
}

#[tokio::test]
async fn unfinished_body_times_out() {
    let upstream = Upstream::start(|_| {
        let mut slow = good("a");
        slow.bytes.truncate(slow.bytes.len() - 1);
        slow.hang = true;
        slow
    })
    .await;
    let mut spec = http(&upstream.url("/"), &json!({}));
    if let SourceKind::Http(http) = &mut spec.kind {
        http.timeout = Duration::from_millis(200);
    }
    let followed = follow(&[spec], &settings());
    followed.fails(0, "no whole answer within 200ms").await;
    upstream.now(|_| good("a"));
    followed.answers("a").await;
}

#[tokio::test]
async fn etag_is_kept_only_with_an_accepted_document() {
    let upstream = Upstream::start(|_| {
        let headers = ["content-type: text/plain", "etag: \"1\""];
        reply("200 OK", &headers, &document("a"))
    })
    .await;
    let followed = ask(&upstream.url("/"), &json!({}));
    followed
        .fails(0, "unsupported file format: 'text/plain'")
        .await;
    // As a server does: whoever knows the tag gets no body.
    upstream.now(|request| {
        let headers = ["content-type: application/json", "etag: \"1\""];
        match request.header("if-none-match") {
            "" => reply("200 OK", &headers, "{\"flags\": 1}"),
            _ => reply("304 Not Modified", &headers, ""),
        }
    });
    followed.fails(0, "`flags` is a number").await;
    upstream.now(|request| {
        let headers = ["content-type: application/json", "etag: \"1\""];
        match request.header("if-none-match") {
            "" => reply("200 OK", &headers, &document("a")),
            _ => reply("304 Not Modified", &headers, ""),
        }
    });
    followed.answers("a").await;
    upstream.asked(3).await;
    assert_eq!(
        upstream.seen().last().expect("one").header("if-none-match"),
        "\"1\""
    );
    let state = followed
        .does(0, |state| state.failing_since.is_none())
        .await;
    assert_eq!(state.accepted, 1);
}

#[tokio::test]
async fn unchanged_document_creates_no_new_generation() {
    let upstream = Upstream::start(|_| good("a")).await;
    let followed = ask(&upstream.url("/"), &json!({}));
    followed.answers("a").await;
    let generation = followed.live.load().generation;
    upstream.asked(5).await;
    assert_eq!(followed.live.load().generation, generation);
    assert_eq!(followed.state(0).accepted, 1);
}

#[tokio::test]
async fn empty_or_invalid_body_changes_nothing() {
    let upstream = Upstream::start(|_| good("a")).await;
    let followed = ask(&upstream.url("/"), &json!({}));
    followed.answers("a").await;
    upstream.now(|_| reply("200 OK", &["content-type: application/json"], ""));
    followed.fails(0, "the answer is empty").await;
    upstream.now(|_| reply("200 OK", &["content-type: application/json"], "{\"flags\":"));
    followed.fails(0, "F001").await;
    assert!(followed.state(0).refused > 0);
    assert_eq!(followed.answer("f"), "a");
}

#[tokio::test]
async fn redirect_loop_is_aborted() {
    let upstream = Upstream::start(|_| reply("302 Found", &["location: /"], "")).await;
    let followed = ask(&upstream.url("/"), &json!({}));
    followed.fails(0, "stopped after 10 redirects").await;
    upstream.now(|_| good("a"));
    followed.answers("a").await;
}

#[tokio::test]
async fn cross_origin_redirect_drops_credentials() {
    let other = Upstream::start(|_| good("a")).await;
    let target = format!("location: {}", other.url("/flags.json"));
    let upstream = Upstream::start(move |request| match request.path.as_str() {
        "/" => reply("307 Temporary Redirect", &["location: /next"], ""),
        _ => reply("301 Moved Permanently", &[&target], ""),
    })
    .await;
    let secrets =
        json!({"authHeader": "Bearer hush", "headers": {"x-api-key": "hush", "host": "inner"}});
    let followed = ask(&upstream.url("/"), &secrets);
    followed.answers("a").await;
    let seen = upstream.seen();
    let within = seen
        .iter()
        .find(|request| request.path == "/next")
        .expect("one");
    assert_eq!(within.header("authorization"), "Bearer hush");
    assert_eq!(within.header("x-api-key"), "hush");
    assert_eq!(within.header("host"), "inner");
    for request in other.seen() {
        assert!(!format!("{request:?}").contains("hush"), "{request:?}");
        assert_eq!(request.header("host"), format!("127.0.0.1:{}", other.port));
    }
}

#[tokio::test]
async fn response_above_size_limit_is_rejected() {
    let upstream = Upstream::start(|_| {
        let mut told = reply("200 OK", &["content-type: application/json"], "");
        told.bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 67108865\r\n\r\n".to_vec();
        told
    })
    .await;
    let followed = ask(&upstream.url("/flags.json"), &json!({}));
    followed.fails(0, "larger than 67108864 bytes").await;
    upstream.now(|_| good("a"));
    followed.answers("a").await;
    // One that does not say how large it is.
    let untold = {
        let mut bytes = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
        bytes.resize(bytes.len() + 67_108_865, b' ');
        bytes
    };
    let mut spec = http(&upstream.url("/flags.json"), &json!({}));
    if let SourceKind::Http(http) = &mut spec.kind {
        http.timeout = crate::support::daemon::DEADLINE;
    }
    upstream.now(move |_| crate::support::sources::Reply {
        bytes: untold.clone(),
        hang: false,
    });
    drop(followed);
    let followed = follow(&[spec], &settings());
    followed.fails(0, "larger than 67108864 bytes").await;
}

#[tokio::test]
async fn configured_headers_are_sent() {
    let upstream = Upstream::start(|_| good("a")).await;
    let followed = ask(&upstream.url("/x"), &json!({"authHeader": "Bearer t"}));
    followed.answers("a").await;
    let seen = upstream.seen().remove(0);
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
    assert_eq!(seen.header("authorization"), "Bearer t");

    let all = json!({"authHeader": "Bearer t", "headers": {"AUTHORIZATION": "Basic x", "Accept": "text/yaml",
        "Host": "flags.example", "X-Team": "blue"}});
    let url = upstream.url("/y").replace("http://", "http://user:word@");
    let others = ask(&url, &all);
    others.answers("a").await;
    let seen = upstream
        .seen()
        .into_iter()
        .find(|request| request.path == "/y")
        .expect("one");
    for (name, value) in [
        ("authorization", "Basic x"),
        ("accept", "text/yaml"),
        ("host", "flags.example"),
        ("x-team", "blue"),
    ] {
        let values: Vec<_> = seen.headers.iter().filter(|(n, _)| n == name).collect();
        assert_eq!(values.len(), 1, "{name}: {seen:?}");
        assert_eq!(values[0].1, value);
    }
    let named = ask(
        &upstream.url("/z").replace("http://", "http://user:word@"),
        &json!({}),
    );
    named.answers("a").await;
    let seen = upstream
        .seen()
        .into_iter()
        .find(|request| request.path == "/z")
        .expect("one");
    assert_eq!(seen.header("authorization"), "Basic dXNlcjp3b3Jk");
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
        let upstream = Upstream::start(move |_| match header.as_str() {
            "content-type: " => reply("200 OK", &[], yaml),
            header => reply("200 OK", &[header], yaml),
        })
        .await;
        let followed = ask(&upstream.url(path), &json!({}));
        if works {
            followed.answers("a").await;
        } else {
            followed.fails(0, "file format").await;
        }
    }
}

/// A server that has a token endpoint, and flags for those who have the newest token.
async fn with_tokens(expires_in: u64) -> Upstream {
    let count = AtomicUsize::new(0);
    Upstream::start(move |request| match request.path.as_str() {
        "/token" if request.body.contains("client_secret=wrong") => reply("401 Unauthorized", &[], "{}"),
        "/token" => {
            let count = count.fetch_add(1, Ordering::SeqCst) + 1;
            let token = json!({"access_token": format!("t{count}"), "token_type": "bearer", "expires_in": expires_in});
            reply("200 OK", &["content-type: application/json"], &token.to_string())
        }
        _ => match count.load(Ordering::SeqCst) {
            0 => reply("401 Unauthorized", &[], ""),
            count if request.header("authorization") != format!("Bearer t{count}") => {
                reply("401 Unauthorized", &[], "")
            }
            _ => good("a"),
        },
    })
    .await
}

fn paths(upstream: &Upstream, path: &str) -> usize {
    upstream
        .seen()
        .iter()
        .filter(|request| request.path == path)
        .count()
}

#[tokio::test]
async fn token_is_reused_until_it_expires() {
    let upstream = with_tokens(3600).await;
    let oauth =
        json!({"clientID": "me & you", "clientSecret": "s=1", "tokenUrl": upstream.url("/token")});
    let followed = ask(&upstream.url("/flags"), &json!({"oauth": oauth}));
    followed.answers("a").await;
    let seen = upstream.seen().remove(0);
    assert_eq!(seen.path, "/token");
    assert_eq!(seen.header("authorization"), "");
    assert_eq!(
        seen.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert_eq!(
        seen.body,
        "grant_type=client_credentials&client_id=me+%26+you&client_secret=s%3D1"
    );
    upstream.asked(3).await;
    assert_eq!(paths(&upstream, "/token"), 1);

    // Shorter than the margin: each request has a token of its own.
    let upstream = with_tokens(5).await;
    let oauth = json!({"clientID": "me", "clientSecret": "s", "tokenUrl": upstream.url("/token")});
    let followed = ask(&upstream.url("/flags"), &json!({"oauth": oauth}));
    followed.answers("a").await;
    upstream.asked(4).await;
    assert!(paths(&upstream, "/token") > 1);
    followed
        .does(0, |state| state.failing_since.is_none())
        .await;
}

#[tokio::test]
async fn revoked_token_is_replaced() {
    let answer = |valid: &'static str| {
        move |request: &Seen| match request.path.as_str() {
            "/token" => reply("200 OK", &[], &json!({"access_token": valid}).to_string()),
            _ if request.header("authorization") == format!("Bearer {valid}") => good("a"),
            _ => reply("401 Unauthorized", &[], ""),
        }
    };
    let upstream = Upstream::start(answer("t1")).await;
    let oauth = json!({"clientID": "me", "clientSecret": "s", "tokenUrl": upstream.url("/token")});
    let followed = ask(&upstream.url("/flags"), &json!({"oauth": oauth}));
    followed.answers("a").await;
    upstream.now(answer("t2"));
    upstream.asked(4).await;
    assert_eq!(paths(&upstream, "/token"), 2);
    assert_eq!(followed.state(0).failed, 0);
}

#[tokio::test]
async fn no_request_is_sent_without_a_token() {
    let folder = tempfile::tempdir().expect("a directory");
    let upstream = with_tokens(3600).await;
    let oauth =
        json!({"folder": folder.path(), "tokenUrl": upstream.url("/token"), "reloadDelayS": 0});
    let followed = ask(&upstream.url("/flags"), &json!({"oauth": oauth}));
    followed.fails(0, "no OAuth credentials").await;
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("client-id", "me\n");
    write("client-secret", "wrong\n");
    followed
        .fails(0, "no token from the token endpoint: 401 Unauthorized")
        .await;
    assert_eq!(paths(&upstream, "/flags"), 0);
    let told = format!("{:?}", followed.state(0));
    assert!(!told.contains("wrong"), "{told}");
    // The credentials are read again.
    write("client-secret", "right\n");
    followed.answers("a").await;
}

#[tokio::test]
async fn polling_stops_when_the_updater_is_dropped() {
    let upstream = Upstream::start(|_| good("a")).await;
    let followed = ask(&upstream.url("/"), &json!({}));
    followed.answers("a").await;
    let live = std::sync::Arc::downgrade(&followed.live);
    drop(followed);
    crate::support::sources::until(
        || live.upgrade().is_none(),
        || "the thread lives on".to_owned(),
    )
    .await;
    let asked = upstream.seen().len();
    // Another that is followed for several intervals: the first would have been seen meanwhile.
    let other = Upstream::start(|_| good("a")).await;
    let _others = ask(&other.url("/"), &json!({}));
    other.asked(5).await;
    assert!(
        upstream.seen().len() <= asked + 1,
        "{:?}",
        upstream.seen().len()
    );
}
