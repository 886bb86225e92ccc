//! OAuth client credentials of an HTTP source.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use serde_json::json;

use crate::support::sources::http_upstream::HttpUpstream;
use crate::support::sources::http_upstream::ReceivedRequest;
use crate::support::sources::http_upstream::document_response;
use crate::support::sources::http_upstream::http_response;
use crate::support::sources::http_upstream::poll_url;
use crate::support::temp_dir::TempDir;

/// A server with a token endpoint, which serves flags only for the newest token.
async fn with_tokens(expires_in: u64) -> HttpUpstream {
    let count = AtomicUsize::new(0);
    HttpUpstream::start(move |request| match request.path.as_str() {
        "/token" if request.body.contains("client_secret=hush-wrong") => http_response("401 Unauthorized", &[], "{}"),
        "/token" => {
            let count = count.fetch_add(1, Ordering::SeqCst) + 1;
            let token = json!({"access_token": format!("hush-{count}"), "token_type": "bearer", "expires_in": expires_in});
            http_response("200 OK", &["content-type: application/json"], &token.to_string())
        }
        _ => match count.load(Ordering::SeqCst) {
            0 => http_response("401 Unauthorized", &[], ""),
            count if request.header("authorization") != format!("Bearer hush-{count}") => {
                http_response("401 Unauthorized", &[], "")
            }
            _ => document_response("a"),
        },
    })
    .await
}

fn paths(upstream: &HttpUpstream, path: &str) -> usize {
    upstream
        .requests()
        .iter()
        .filter(|request| request.path == path)
        .count()
}

#[tokio::test]
async fn token_is_reused_until_it_expires() {
    let upstream = with_tokens(3600).await;
    let oauth = json!({"clientID": "me & you", "clientSecret": "hush=1", "tokenUrl": upstream.url("/token")});
    let followed = poll_url(&upstream.url("/flags"), &json!({"oauth": oauth}));
    followed.wait_for_variant("a").await;
    let seen = upstream.requests().remove(0);
    assert_eq!(seen.path, "/token");
    assert_eq!(seen.header("authorization"), "");
    assert_eq!(
        seen.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert_eq!(
        seen.body,
        "grant_type=client_credentials&client_id=me+%26+you&client_secret=hush%3D1"
    );
    upstream.wait_for_requests(3).await;
    assert_eq!(paths(&upstream, "/token"), 1);

    // The lifetime is shorter than the expiry margin, so each request gets a new token.
    let upstream = with_tokens(5).await;
    let oauth =
        json!({"clientID": "me", "clientSecret": "hush", "tokenUrl": upstream.url("/token")});
    let followed = poll_url(&upstream.url("/flags"), &json!({"oauth": oauth}));
    followed.wait_for_variant("a").await;
    upstream.wait_for_requests(4).await;
    assert!(paths(&upstream, "/token") > 1);
    followed
        .wait_for_state(0, |state| state.failing_since.is_none())
        .await;
}

#[tokio::test]
async fn revoked_token_is_replaced() {
    let answer = |valid: &'static str| {
        move |request: &ReceivedRequest| match request.path.as_str() {
            "/token" => http_response("200 OK", &[], &json!({"access_token": valid}).to_string()),
            _ if request.header("authorization") == format!("Bearer {valid}") => {
                document_response("a")
            }
            _ => http_response("401 Unauthorized", &[], ""),
        }
    };
    let upstream = HttpUpstream::start(answer("hush-1")).await;
    let oauth =
        json!({"clientID": "me", "clientSecret": "hush", "tokenUrl": upstream.url("/token")});
    let followed = poll_url(&upstream.url("/flags"), &json!({"oauth": oauth}));
    followed.wait_for_variant("a").await;
    upstream.set_handler(answer("hush-2"));
    upstream.wait_for_requests(4).await;
    assert_eq!(paths(&upstream, "/token"), 2);
    assert_eq!(followed.state(0).failed, 0);
}

#[tokio::test]
async fn no_request_is_sent_without_a_token() {
    let folder = TempDir::new();
    let upstream = with_tokens(3600).await;
    let oauth =
        json!({"folder": folder.path(), "tokenUrl": upstream.url("/token"), "reloadDelayS": 0});
    let followed = poll_url(&upstream.url("/flags"), &json!({"oauth": oauth}));
    followed
        .wait_for_error(0, "cannot read OAuth credentials")
        .await;
    let write = |name: &str, text: &str| folder.write(name, text);
    write("client-id", "me\n");
    write("client-secret", "hush-wrong\n");
    followed
        .wait_for_error(0, "no token from the token endpoint: 401 Unauthorized")
        .await;
    assert_eq!(paths(&upstream, "/flags"), 0);
    let told = format!("{:?}", followed.state(0));
    assert!(!told.contains("wrong"), "{told}");
    // The credential files are read again.
    write("client-secret", "hush-right\n");
    followed.wait_for_variant("a").await;
}
