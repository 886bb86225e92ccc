//! The OFREP change stream, which sends server-sent events.

use std::path::Path;
use std::time::Duration;

use fanion::serve::ServeConfig;
use fanion::wire::ofrep::sse_events::StreamEndpoint;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::Value;
use serde_json::json;

use crate::support::server;
use crate::support::server::Server;
use crate::support::server::http_client;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpResponse;
use crate::support::server::http_client::HttpVersion;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;

const FLAGS: &str =
    "metadata: {flagSetId: s}\nflags: {a: {variants: {v: 1, w: 2}, defaultVariant: v}}";

const CHANGED: &str =
    "metadata: {flagSetId: s}\nflags: {a: {variants: {v: 1, w: 2}, defaultVariant: w}}";

const BULK: &str = "/ofrep/v1/evaluate/flags";

const STREAM: &str = "/ofrep/v1/sse";

async fn start(settings: ServeConfig) -> (Server, TempDir) {
    server::serve_with("flags.yaml", FLAGS, settings).await
}

fn edit(directory: &Path, text: &str) {
    std::fs::write(directory.join("flags.yaml"), text).expect("a file");
}

/// An open stream.
struct ChangeStream(Incoming);

impl ChangeStream {
    async fn open(server: &Server, path: &str, headers: &[&str]) -> ChangeStream {
        let response = http_client::get(server.ofrep, path, headers).await;
        assert_eq!(response.status(), 200);
        let header = |name: &str| response.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header("content-type"), "text/event-stream");
        assert_eq!(header("cache-control"), "no-store");
        ChangeStream(response.into_body())
    }

    /// The next frame; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        let frame = tokio::time::timeout(DEADLINE, self.0.frame())
            .await
            .expect("in time");
        let data = frame?.expect("no stream error").into_data().expect("data");
        Some(String::from_utf8(data.to_vec()).expect("text"))
    }

    /// The tag in the first frame.
    async fn opening(&mut self) -> String {
        let opening = self.next().await.expect("a first frame");
        let tag = opening
            .strip_prefix("retry: 1000\nid: ")
            .and_then(|rest| rest.strip_suffix("\n\n"));
        tag.expect("an id without an event").to_owned()
    }

    /// The tag of the next event.
    async fn event(&mut self) -> String {
        let text = self.next().await.expect("an event");
        let mut lines = text.lines();
        let id = lines
            .next()
            .and_then(|line| line.strip_prefix("id: "))
            .expect("an id");
        assert_eq!(lines.next(), Some("event: message"));
        let data = lines
            .next()
            .and_then(|line| line.strip_prefix("data: "))
            .expect("data");
        let data: Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(data, json!({"type": "refetchEvaluation", "etag": id}));
        id.to_owned()
    }
}

async fn bulk(server: &Server, query: &str, headers: &[&str]) -> HttpResponse {
    let mut client = HttpClient::connect(server.ofrep, HttpVersion::Http1).await;
    client.post(&format!("{BULK}{query}"), headers, "").await
}

#[tokio::test]
async fn bulk_evaluation_advertises_the_event_stream() {
    let (server, _directory) = start(ServeConfig::default()).await;
    let advert = |path: &str| json!([{"type": "sse", "endpoint": {"requestUri": path}, "inactivityDelaySec": 120}]);
    assert_eq!(
        bulk(&server, "", &[]).await.json()["eventStreams"],
        advert(STREAM)
    );
    for (selector, path) in [
        ("flagSetId=s", "/ofrep/v1/sse/flagSetId=s"),
        ("flagSetId=", "/ofrep/v1/sse/flagSetId="),
        ("a/b c", "/ofrep/v1/sse/source=a%2Fb%20c"),
    ] {
        let header = format!("flagd-selector: {selector}");
        let answer = bulk(&server, "", &[&header]).await.json();
        assert_eq!(answer["eventStreams"], advert(path), "{selector}");
        ChangeStream::open(&server, path, &[]).await.opening().await;
    }
}

#[tokio::test]
async fn advertised_origin_is_configurable_and_can_be_disabled() {
    let advert = StreamEndpoint {
        origin: Some("https://flags.test".to_owned()),
        inactivity_delay_secs: 7,
    };
    let settings = ServeConfig {
        change_stream: Some(advert),
        ..ServeConfig::default()
    };
    let (server, _directory) = start(settings).await;
    let endpoint = json!({"origin": "https://flags.test", "requestUri": STREAM});
    let want = json!([{"type": "sse", "endpoint": endpoint, "inactivityDelaySec": 7}]);
    assert_eq!(bulk(&server, "", &[]).await.json()["eventStreams"], want);
    let settings = ServeConfig {
        change_stream: None,
        ..ServeConfig::default()
    };
    let (server, _directory) = start(settings).await;
    assert_eq!(
        bulk(&server, "", &[]).await.json().get("eventStreams"),
        None
    );
    assert_eq!(
        http_client::get(server.ofrep, STREAM, &[]).await.status(),
        404
    );
}

#[tokio::test]
async fn stream_reports_changes_of_selected_flags_only() {
    let (server, directory) = start(ServeConfig::default()).await;
    let mut all = ChangeStream::open(&server, STREAM, &["origin: http://page.test"]).await;
    let mut set = ChangeStream::open(&server, "/ofrep/v1/sse/flagSetId=s", &[]).await;
    let mut other = ChangeStream::open(&server, "/ofrep/v1/sse/flagSetId=other", &[]).await;
    let before = all.opening().await;
    assert_eq!(
        set.opening().await,
        before,
        "different tags for the same flags"
    );
    let nothing = other.opening().await;
    edit(directory.path(), CHANGED);
    let after = all.event().await;
    assert_ne!(after, before);
    assert_eq!(set.event().await, after);
    // The third stream received no event for the first edit; its next event is for its own flag set.
    let text = "flags: {b: {metadata: {flagSetId: other}, variants: {v: 1}, defaultVariant: v}}";
    edit(directory.path(), text);
    assert_ne!(other.event().await, nothing);
}

#[tokio::test]
async fn last_event_id_replays_missed_changes() {
    let (first, directory) = start(ServeConfig::default()).await;
    let seen = ChangeStream::open(&first, STREAM, &[])
        .await
        .opening()
        .await;
    // Another replica with the same flags but another edit history.
    edit(directory.path(), CHANGED);
    let second = server::start(&directory.path().join("flags.yaml")).await;
    edit(directory.path(), FLAGS);
    let mut follow = ChangeStream::open(&second, STREAM, &[]).await;
    if follow.opening().await != seen {
        assert_eq!(follow.event().await, seen);
    }
    let last = format!("last-event-id: {seen}");
    let mut unchanged = ChangeStream::open(&second, STREAM, &[&last]).await;
    assert_eq!(unchanged.opening().await, seen);
    edit(directory.path(), CHANGED);
    let changed = unchanged.event().await;
    assert_ne!(changed, seen, "the first event must be that of the edit");
    let mut behind = ChangeStream::open(&second, STREAM, &[&last]).await;
    assert_eq!(behind.opening().await, changed);
    assert_eq!(behind.event().await, changed);
}

#[tokio::test]
async fn flag_config_etag_query_prevents_a_stale_304() {
    let (server, directory) = start(ServeConfig::default()).await;
    let mut events = ChangeStream::open(&server, STREAM, &[]).await;
    let tag = events.opening().await;
    let answer = bulk(&server, "", &[]).await;
    let known = format!("if-none-match: {}", answer.header("etag"));
    let status = async |query: &str| bulk(&server, query, &[&known]).await.status.as_u16();
    assert_eq!(status("").await, 304);
    for same in [tag.clone(), format!("W/%22{tag}%22")] {
        assert_eq!(status(&format!("?flagConfigEtag={same}")).await, 304);
    }
    assert_eq!(
        status("?x=1&flagConfigEtag=other&flagConfigLastModified=1").await,
        200
    );
    edit(directory.path(), CHANGED);
    let tag = events.event().await;
    assert_eq!(
        status(&format!("?flagConfigEtag={tag}")).await,
        200,
        "a changed response must not be a 304"
    );
}

#[tokio::test]
async fn idle_stream_sends_keep_alive_and_ends_at_shutdown() {
    let settings = ServeConfig {
        keep_alive_interval: Duration::from_millis(20),
        ..ServeConfig::default()
    };
    let (server, _directory) = start(settings).await;
    let mut events = ChangeStream::open(&server, STREAM, &[]).await;
    events.opening().await;
    assert_eq!(events.next().await.as_deref(), Some(":keep-alive\n\n"));
    server.shutdown.send(true).expect("the server runs");
    while let Some(piece) = events.next().await {
        assert_eq!(piece, ":keep-alive\n\n");
    }
}

#[tokio::test]
async fn invalid_stream_requests_are_rejected() {
    let settings = ServeConfig {
        max_streams: 1,
        ..ServeConfig::default()
    };
    let (server, _directory) = start(settings).await;
    let refused = async |path: &str| {
        let response = http_client::get(server.ofrep, path, &[]).await;
        let status = response.status().as_u16();
        let body = response
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    };
    let (status, why) = refused("/ofrep/v1/sse/foo=bar").await;
    assert_eq!(status, 400);
    assert!(
        why.starts_with("invalid selector: invalid selector key \"foo\""),
        "{why}"
    );
    assert_eq!(refused("/ofrep/v1/sse/a/b").await.0, 404);
    assert_eq!(refused("/ofrep/v1/ssed").await.0, 404);
    let mut client = HttpClient::connect(server.ofrep, HttpVersion::Http1).await;
    assert_eq!(client.post(STREAM, &[], "").await.status, 405);
    let mut only = ChangeStream::open(&server, STREAM, &[]).await;
    only.opening().await;
    assert_eq!(
        refused(STREAM).await,
        (
            503,
            "too many open streams: the limit of --max-streams is reached\n".to_owned()
        )
    );
}
