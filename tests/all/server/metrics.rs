//! Metrics in the Prometheus text format.

use serde_json::json;

use crate::support::server;
use crate::support::server::Server;
use crate::support::server::grpc_client;
use crate::support::server::http_client;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::prometheus::scrape;
use crate::support::wait::poll_until;

const FLAGS: &str = r#"{"flags": {
    "static": {"variants": {"on": true, "off": false}, "defaultVariant": "on"},
    "rule": {"variants": {"on": true, "off": false}, "defaultVariant": "off",
        "targeting": {"if": [{"==": [{"var": "country"}, "DE"]}, "on"]}},
    "none": {"variants": {"on": true}},
    "disabled": {"state": "DISABLED", "variants": {"on": true}, "defaultVariant": "on"},
    "broken": {"variants": {"on": true}, "defaultVariant": "on", "targeting": "nothing"}}}"#;

async fn ask(server: &Server, service: &str, method: &str, key: &str) -> u16 {
    let path = format!("/{service}/{method}");
    let body = json!({"flagKey": key, "context": {"country": "DE"}}).to_string();
    http_client::call(server, &path, &body)
        .await
        .status
        .as_u16()
}

const V1: &str = "flagd.evaluation.v1.Service";

const V2: &str = "flagd.evaluation.v2.Service";

const OLDEST: &str = "schema.v1.Service";

const IMPRESSION: &str = "feature_flag_flagd_impression_total";

const REASON: &str = "feature_flag_flagd_result_reason_total";

#[tokio::test]
async fn impressions_are_counted_by_flag_variant_and_reason() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    for _ in 0..3 {
        ask(&server, V1, "ResolveBoolean", "static").await;
    }
    ask(&server, V2, "ResolveBoolean", "rule").await;
    ask(&server, OLDEST, "ResolveBoolean", "none").await;
    ask(&server, V1, "ResolveBoolean", "none").await;
    ask(&server, V1, "ResolveBoolean", "disabled").await;
    ask(&server, V1, "ResolveString", "static").await;
    ask(&server, V1, "ResolveBoolean", "broken").await;
    ask(&server, V1, "ResolveBoolean", "absent").await;
    let scrape = scrape(&server).await;
    let scope = [
        "otel_scope_name=\"flagd\"",
        "otel_scope_version=\"\"",
        "otel_scope_schema_url=\"\"",
        "feature_flag_provider_name=\"flagd\"",
    ];
    let shown = |key: &str, variant: &str, reason: &str| {
        let key = format!("feature_flag_key=\"{key}\"");
        let variant = format!("feature_flag_result_variant=\"{variant}\"");
        let reason = format!("feature_flag_reason=\"{reason}\"");
        let mut labels = vec![&*key, &reason];
        labels.extend(scope);
        let reasons = scrape.sum(REASON, &labels);
        labels.push(&variant);
        (scrape.sum(IMPRESSION, &labels), reasons)
    };
    assert_eq!(shown("static", "on", "STATIC"), (3.0, 3.0));
    assert_eq!(shown("rule", "on", "TARGETING_MATCH"), (1.0, 1.0));
    assert_eq!(shown("none", "", "DEFAULT"), (1.0, 1.0));
    assert_eq!(shown("disabled", "", "DISABLED"), (1.0, 1.0));
    assert_eq!(scrape.sum(IMPRESSION, &[]), 6.0);
    let failed = |code: &str| {
        let code = format!("ExceptionTypeKeyName=\"{code}\"");
        scrape.sum(REASON, &["feature_flag_reason=\"ERROR\"", &code])
    };
    assert_eq!(failed("TYPE_MISMATCH"), 1.0);
    assert_eq!(failed("GENERAL"), 1.0);
    // An unknown flag, and flag `none`: evaluation.v1 reports a flag without a default as not found.
    assert_eq!(failed("FLAG_NOT_FOUND"), 2.0);
    assert_eq!(scrape.sum(REASON, &[]), 10.0);
    let single = ["kind=\"single\""];
    assert_eq!(
        scrape.sum("fanion_evaluation_duration_seconds_count", &single),
        10.0
    );
}

#[tokio::test]
async fn bulk_and_ofrep_evaluations_are_counted() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    http_client::call(&server, "/flagd.evaluation.v1.Service/ResolveAll", "{}").await;
    let mut client = HttpClient::connect(server.ofrep, HttpVersion::Http1).await;
    client.post("/ofrep/v1/evaluate/flags", &[], "").await;
    client
        .post("/ofrep/v1/evaluate/flags/static", &[], "")
        .await;
    client
        .post("/ofrep/v1/evaluate/flags/absent", &[], "")
        .await;
    let scrape = scrape(&server).await;
    let seen = |key: &str| scrape.sum(IMPRESSION, &[&format!("feature_flag_key=\"{key}\"")]);
    assert_eq!((seen("static"), seen("rule")), (3.0, 2.0));
    // ResolveAll omits the flag, as in flagd.
    assert_eq!((seen("none"), seen("disabled")), (1.0, 2.0));
    assert_eq!(scrape.sum(REASON, &["\"FLAG_NOT_FOUND\""]), 1.0);
    assert_eq!(scrape.sum(REASON, &["\"GENERAL\""]), 2.0);
    let bulk = ["kind=\"bulk\""];
    assert_eq!(
        scrape.sum("fanion_evaluation_duration_seconds_count", &bulk),
        2.0
    );
}

#[tokio::test]
async fn counters_never_decrease_when_flags_change() {
    let (server, dir) = server::serve_text("flags.json", FLAGS).await;
    let path = dir.path().join("flags.json");
    let flag = |variants: &str| {
        format!(
            "{{\"flags\": {{\"static\": {{\"variants\": {variants}, \"defaultVariant\": \"on\"}}}}}}"
        )
    };
    let on = [
        "feature_flag_key=\"static\"",
        "feature_flag_result_variant=\"on\"",
    ];
    ask(&server, V1, "ResolveBoolean", "static").await;
    let stages = [
        flag(r#"{"on": true, "off": false, "new": true}"#),
        "{\"flags\": {}}".to_owned(),
        flag(r#"{"on": true}"#),
        flag(r#"{"on": true, "off": false}"#),
    ];
    let mut want = 1.0;
    for stage in stages {
        let mut generation = server.live.subscribe();
        generation.mark_unchanged();
        std::fs::write(&path, &stage).expect("a file");
        generation.changed().await.expect("a new generation");
        assert_eq!(scrape(&server).await.sum(IMPRESSION, &on), want, "{stage}");
        if ask(&server, V1, "ResolveBoolean", "static").await == 200 {
            want += 1.0;
        }
        assert_eq!(scrape(&server).await.sum(IMPRESSION, &on), want, "{stage}");
    }
    assert_eq!(want, 4.0);
}

#[tokio::test]
async fn number_of_flag_series_is_bounded() {
    let flags: serde_json::Map<_, _> = (0..2500)
        .map(|i| {
            (
                format!("f{i}"),
                json!({"variants": {"on": true}, "defaultVariant": "on"}),
            )
        })
        .collect();
    let text = json!({"flags": flags}).to_string();
    let (server, _dir) = server::serve_text("flags.json", &text).await;
    for _ in 0..2 {
        http_client::call(&server, "/flagd.evaluation.v1.Service/ResolveAll", "{}").await;
    }
    let scrape = scrape(&server).await;
    assert_eq!(scrape.count(IMPRESSION), 2000);
    assert_eq!(scrape.sum(IMPRESSION, &[]), 5000.0);
    assert_eq!(
        scrape.sum(IMPRESSION, &["otel_metric_overflow=\"true\""]),
        1002.0
    );
    assert_eq!(scrape.sum("fanion_flags", &[]), 2500.0);
}

#[tokio::test]
async fn http_requests_are_counted_by_status_and_bounded_route() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    ask(&server, V1, "ResolveBoolean", "static").await;
    ask(&server, V1, "ResolveBoolean", "absent").await;
    for i in 0..50 {
        http_client::call(&server, &format!("/probe/{i}"), "{}").await;
    }
    let mut client = HttpClient::connect(server.ofrep, HttpVersion::Http1).await;
    client
        .post("/ofrep/v1/evaluate/flags/static", &[], "")
        .await;
    client
        .post("/ofrep/v1/evaluate/flags/absent", &[], "")
        .await;
    client.post("/ofrep/v1/evaluate/flags/", &[], "").await;
    let scrape = scrape(&server).await;
    let count = |route: &str, status: u16| {
        let route = format!("http_route=\"{route}\"");
        let status = format!("http_response_status_code=\"{status}\"");
        let own = [
            "service_name=\"flagd\"",
            "url_scheme=\"http\"",
            "http_request_method=\"POST\"",
        ];
        let labels = [&[&*route, &*status, "otel_scope_name=\"flagd\""][..], &own].concat();
        let requests = scrape.sum("http_server_request_duration_seconds_count", &labels);
        assert_eq!(
            scrape.sum("http_server_response_body_size_bytes_count", &labels),
            requests
        );
        requests
    };
    let boolean = "/flagd.evaluation.v1.Service/ResolveBoolean";
    assert_eq!((count(boolean, 200), count(boolean, 404)), (1.0, 1.0));
    assert_eq!(count("other", 404), 50.0);
    let one = "/ofrep/v1/evaluate/flags/{key}";
    assert_eq!((count(one, 200), count(one, 404)), (1.0, 1.0));
    assert_eq!(count(r"/ofrep/v1/evaluate/{path:flags\\/|flags}", 200), 1.0);
    assert!(scrape.sum("http_server_response_body_size_bytes_sum", &[]) > 500.0);
    assert_eq!(scrape.sum("http_server_active_requests", &[]), 0.0);
    let bounds = ["le=\"0.005\"", "le=\"10\"", "le=\"+Inf\""];
    for bound in bounds {
        let held = scrape.sum(
            "http_server_request_duration_seconds_bucket",
            &[bound, "other"],
        );
        assert_eq!(held, 50.0, "{bound}");
    }
}

#[tokio::test]
async fn open_streams_are_active_requests_until_they_end() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    let channel = grpc_client::channel(&server).await;
    let mut client = grpc_client::pb::evaluation1::service_client::ServiceClient::new(channel);
    let request = grpc_client::pb::evaluation1::EventStreamRequest {};
    let mut stream = client
        .event_stream(request)
        .await
        .expect("a stream")
        .into_inner();
    stream.message().await.expect("an event");
    let open = scrape(&server).await;
    let route = ["/flagd.evaluation.v1.Service/EventStream"];
    assert_eq!(open.sum("http_server_active_requests", &route), 1.0);
    assert_eq!(open.sum("fanion_event_streams", &[]), 1.0);
    let changes = http_client::get(server.ofrep, "/ofrep/v1/sse", &[]).await;
    assert_eq!(changes.status(), 200);
    let both = scrape(&server).await;
    assert_eq!(both.sum("fanion_event_streams", &[]), 2.0);
    drop(changes);
    assert_eq!(
        open.sum("http_server_request_duration_seconds_count", &route),
        0.0
    );
    drop((stream, client));
    let active = "http_server_active_requests";
    let is_closed = async || scrape(&server).await.sum(active, &route) == 0.0;
    poll_until(is_closed, || "the stream is still active".to_owned()).await;
    let closed = scrape(&server).await;
    let duration = "http_server_request_duration_seconds_count";
    assert_eq!(closed.sum(duration, &route), 1.0);
}

#[tokio::test]
async fn sync_streams_are_counted_by_provider_id_and_exit_reason() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    let channel = grpc_client::channel_to(server.sync).await;
    let client =
        grpc_client::pb::sync1::flag_sync_service_client::FlagSyncServiceClient::new(channel);
    let open = |provider: String, selector: &str| {
        let request = grpc_client::pb::sync1::SyncFlagsRequest {
            provider_id: provider,
            selector: selector.to_owned(),
        };
        let mut client = client.clone();
        async move { client.sync_flags(request).await }
    };
    let mut streams = Vec::new();
    for i in 0..120 {
        let stream = open(format!("p{i}"), "").await.expect("a stream");
        streams.push(stream.into_inner());
    }
    open("bad".to_owned(), "foo=bar")
        .await
        .expect_err("a bad selector");
    open("x".repeat(1000), "").await.expect("a stream");
    let scrape_open = scrape(&server).await;
    let active = "feature_flag_flagd_sync_active_streams";
    assert_eq!(scrape_open.sum(active, &["provider_id=\"p7\""]), 1.0);
    assert!(scrape_open.sum(active, &["otel_metric_overflow=\"true\""]) >= 20.0);
    assert_eq!(scrape_open.count(active), 101);
    let duration = "feature_flag_flagd_sync_stream_duration_seconds_count";
    assert_eq!(scrape_open.sum(duration, &["reason=\"error\""]), 1.0);
    drop(streams);
    let are_closed = async || scrape(&server).await.sum(active, &[]) == 0.0;
    poll_until(are_closed, || "streams are still active".to_owned()).await;
    let closed = scrape(&server).await;
    assert_eq!(closed.sum(duration, &["reason=\"normal_close\""]), 121.0);
}

#[tokio::test]
async fn process_and_build_metrics_are_exported() {
    let (server, _dir) = server::serve_text("flags.json", FLAGS).await;
    server.live.load();
    let scrape = scrape(&server).await;
    let version = format!("service_version=\"{}\"", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        scrape.sum("target_info", &["service_name=\"flagd\"", &version]),
        1.0
    );
    assert_eq!(scrape.count("fanion_build_info"), 1);
    assert_eq!(scrape.sum("fanion_snapshot_generation", &[]), 1.0);
    assert_eq!(scrape.sum("fanion_flags", &[]), 5.0);
    assert!(scrape.sum("process_resident_memory_bytes", &[]) > 1e6);
    assert!(scrape.sum("process_open_fds", &[]) > 3.0);
    assert!(scrape.sum("process_max_fds", &[]) > 3.0);
    assert!(scrape.sum("process_start_time_seconds", &[]) > 1.6e9);
    assert!(scrape.sum("process_cpu_seconds_total", &[]) >= 0.0);
}
