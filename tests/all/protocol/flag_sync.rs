//! The flag sync service: streams, fetches, selectors and metadata.

use fanion::document::DocumentFormat;
use fanion::serve::ServeConfig;
use fanion::wire::context::enrichment::ContextEnrichment;
use serde_json::Value;
use serde_json::json;
use tonic::Code;
use tonic::Request;

use crate::support::evaluate;
use crate::support::server;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::pb::sync1 as pb;
use crate::support::server::grpc_client::pb::sync1;
use crate::support::server::grpc_client::pb::sync1::flag_sync_service_client::FlagSyncServiceClient;
use crate::support::server::http_client;
use crate::support::server::rpc::serve_one_flag;
use crate::support::temp_dir::TempDir;
use crate::support::wait::DEADLINE;

const FLAGS: &str = r#"
metadata: { flagSetId: all, owner: nobody }
$evaluators:
  staff: { ends_with: [{ var: email }, "@example.com"] }
flags:
  a: { variants: { "on": true, "off": false }, defaultVariant: "off", targeting: { if: [{ $ref: staff }, "on"] } }
  b: { state: DISABLED, variants: { v: 1.5 }, metadata: { owner: me } }
  old: { variants: { x: 1, y: 2 }, targeting: { fractionalEvaluation: [email, [x, 50], [y, 50]] } }
  faulty: { variants: { v: 1 }, defaultVariant: w }
"#;

type Client = FlagSyncServiceClient<tonic::transport::Channel>;

async fn start(name: &str, text: &str) -> (Client, server::Server, TempDir) {
    let directory = TempDir::new();
    let path = directory.path().join(name);
    std::fs::write(&path, text).expect("a file");
    let extra = ContextEnrichment {
        static_values: vec![("region".into(), "eu".into())],
        header_mappings: Vec::new(),
    };
    let server = server::start_with(
        &path,
        ServeConfig {
            added_context: extra,
            ..ServeConfig::default()
        },
    )
    .await;
    (
        Client::new(grpc_client::channel_to(server.sync).await),
        server,
        directory,
    )
}

fn subscribe(selector: &str) -> pb::SyncFlagsRequest {
    pb::SyncFlagsRequest {
        provider_id: "test".to_owned(),
        selector: selector.to_owned(),
    }
}

async fn next(
    stream: &mut tonic::Streaming<pb::SyncFlagsResponse>,
) -> (Value, Option<prost_types::Struct>) {
    let message = tokio::time::timeout(DEADLINE, stream.message())
        .await
        .expect("in time");
    let message = message.expect("no error").expect("not the end");
    let document = serde_json::from_str(&message.flag_configuration).expect("JSON");
    (document, message.sync_context)
}

#[tokio::test]
async fn document_is_plain_flagd_json() {
    let (mut client, _server, directory) = start("flags.yaml", FLAGS).await;
    let stream = client.sync_flags(subscribe("")).await.expect("a stream");
    let (document, context) = next(&mut stream.into_inner()).await;
    let source = directory.path().join("flags.yaml");
    let source = source.to_str().expect("text");
    let set = json!({"flagSetId": "all", "owner": "nobody"});
    let want = json!({"flags": {
        "a": {"state": "ENABLED", "defaultVariant": "off", "variants": {"on": true, "off": false},
            "targeting": {"if": [{"ends_with": [{"var": "email"}, "@example.com"]}, "on"]},
            "source": source, "metadata": set},
        "b": {"state": "DISABLED", "defaultVariant": "", "variants": {"v": 1.5}, "source": source,
            "metadata": {"flagSetId": "all", "owner": "me"}},
        "old": {"state": "ENABLED", "defaultVariant": "", "variants": {"x": 1, "y": 2}, "source": source,
            "targeting": {"fractional": [{"var": "email"}, ["x", 50], ["y", 50]]}, "metadata": set},
    }});
    assert_eq!(document, want);
    assert_eq!(
        context,
        Some(grpc_client::proto_struct(&json!({"region": "eu"})))
    );
    let request = pb::FetchAllFlagsRequest {
        provider_id: String::new(),
        selector: String::new(),
    };
    let fetched = client
        .fetch_all_flags(request)
        .await
        .expect("an answer")
        .into_inner();
    assert_eq!(
        serde_json::from_str::<Value>(&fetched.flag_configuration).ok(),
        Some(want)
    );
    let metadata = client
        .get_metadata(pb::GetMetadataRequest {})
        .await
        .expect("an answer");
    assert_eq!(metadata.into_inner().metadata, context);
}

#[tokio::test]
async fn evaluating_the_synced_document_gives_the_same_variants() {
    let (mut client, server, _directory) = start("flags.yaml", FLAGS).await;
    let stream = client.sync_flags(subscribe("")).await.expect("a stream");
    let (document, _) = next(&mut stream.into_inner()).await;
    let (theirs, told) = evaluate::load(&document.to_string(), DocumentFormat::Json);
    assert_eq!(told, []);
    let ours = server.live.load_full();
    for i in 0..1000 {
        let context = json!({"email": format!("user-{i}@example.{}", if i % 2 == 0 { "com" } else { "org" })});
        for key in ["a", "b", "old"] {
            let answer = evaluate::evaluate(&theirs, key, &context);
            assert_eq!(
                answer,
                evaluate::evaluate(&ours.ruleset, key, &context),
                "{key} {context}"
            );
        }
    }
}

#[tokio::test]
async fn only_changed_documents_are_sent() {
    let (mut client, server, directory) = start("flags.yaml", "flags: {a: {}}").await;
    let mut stream = client
        .sync_flags(subscribe(""))
        .await
        .expect("a stream")
        .into_inner();
    let keys = |document: &Value| -> Vec<String> {
        document["flags"]
            .as_object()
            .expect("flags")
            .keys()
            .cloned()
            .collect()
    };
    assert_eq!(keys(&next(&mut stream).await.0), ["a"]);
    let path = directory.path().join("flags.yaml");
    let mut generation = server.live.subscribe();
    std::fs::write(&path, "# the same\nflags: {a: {}}").expect("a file");
    generation.changed().await.expect("a new generation");
    std::fs::write(&path, "flags: {a: {}, b: {}}").expect("a file");
    assert_eq!(keys(&next(&mut stream).await.0), ["a", "b"]);
    server.shutdown.send(true).expect("the server runs");
    // Some providers reopen a stream only after an error.
    let end = stream.message().await.expect_err("the stream is cut");
    assert_eq!(end.code(), Code::Unavailable);
    let ended = server.ended.await.expect("the server does not panic");
    assert_eq!(ended, Ok(()));
}

#[tokio::test]
async fn selector_is_read_from_header_or_body() {
    let flags = json!({"flags": [
        {"key": "a", "metadata": {"flagSetId": "x"}}, {"key": "b", "metadata": {"flagSetId": "y"}},
    ]});
    let (mut client, _server, _directory) = start("flags.json", &flags.to_string()).await;
    for (header, body, want) in [
        (None, "", vec!["a", "b"]),
        (None, "flagSetId=x", vec!["a"]),
        (Some(""), "flagSetId=x", vec!["a"]),
        (Some("flagSetId=y"), "flagSetId=x", vec!["b"]),
        (Some("flagSetId=z"), "", vec![]),
    ] {
        let mut request = Request::new(subscribe(body));
        if let Some(header) = header {
            let header = header.parse().expect("text");
            request.metadata_mut().insert("flagd-selector", header);
        }
        let stream = client.sync_flags(request).await.expect("a stream");
        let (document, _) = next(&mut stream.into_inner()).await;
        let keys: Vec<_> = document["flags"]
            .as_object()
            .expect("flags")
            .keys()
            .collect();
        assert_eq!(keys, want, "{header:?} {body}");
    }
    let status = client
        .sync_flags(subscribe("q=1"))
        .await
        .expect_err("no selector");
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(
        status.message(),
        "invalid selector key \"q\", valid keys: \"flagSetId\", \"source\""
    );
}

#[tokio::test]
async fn malformed_requests_have_grpc_go_status_codes() {
    let (_client, server, _directory) = start("flags.yaml", "flags: {a: {}}").await;
    let mut client =
        http_client::HttpClient::connect(server.sync, http_client::HttpVersion::Http2).await;
    let empty = b"\0\0\0\0\0";
    for (body, fetch, follow) in [
        (&b""[..], "2", "13"),
        (b"\0\0", "2", "13"),
        (b"\0\0\0\0\x05x", "2", "13"),
        (b"\0\0\0\0\x01\xff", "13", "13"),
        (b"\x01\0\0\0\0", "13", "13"),
        (b"\x09\0\0\0\0", "13", "13"),
        // FetchAllFlags ignores bytes after the first message.
        (&[&empty[..], empty].concat(), "0", "13"),
        (&[&empty[..], b"\0"].concat(), "0", "2"),
    ] {
        for (method, code) in [("FetchAllFlags", fetch), ("SyncFlags", follow)] {
            let path = format!("/flagd.sync.v1.FlagSyncService/{method}");
            let grpc = ["content-type: application/grpc", "te: trailers"];
            let answer = client.post(&path, &grpc, body.to_vec()).await;
            let told = match answer.header("grpc-status") {
                // The status of a response with a message is in its trailers.
                "" => "0",
                code => code,
            };
            assert_eq!(told, code, "{method} {body:?}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn non_grpc_requests_are_rejected() {
    let (_client, server, _directory) = start("flags.yaml", "flags: {a: {}}").await;
    let path = "/flagd.sync.v1.FlagSyncService/FetchAllFlags";
    let mut client =
        http_client::HttpClient::connect(server.sync, http_client::HttpVersion::Http2).await;
    let empty = || vec![0; 5];
    for kind in [
        "application/json",
        "application/grpc-web",
        "application/grpcx",
    ] {
        let header = format!("content-type: {kind}");
        let answer = client.post(path, &[&header], empty()).await;
        let told = (answer.status.as_u16(), answer.header("grpc-status"));
        assert_eq!(told, (415, "3"), "{kind}");
        let why = format!("invalid gRPC request content-type {kind:?}");
        assert_eq!(answer.header("grpc-message"), why);
    }
    let grpc = ["content-type: application/grpc"];
    let get = http::Request::get(format!("http://localhost{path}"))
        .header("content-type", "application/grpc")
        .body(http_body_util::Full::default());
    let answer = client.send(get.expect("a request")).await;
    let told = (answer.status.as_u16(), answer.header("grpc-status"));
    assert_eq!(told, (405, "13"));
    for (path, why) in [
        (
            "/flagd.sync.v1.FlagSyncService/Nope",
            "unknown method Nope for service flagd.sync.v1.FlagSyncService",
        ),
        (
            "/sync.v1.FlagSyncService/FetchAllFlags",
            "unknown service sync.v1.FlagSyncService",
        ),
        ("/nope", "malformed method name: \"/nope\""),
    ] {
        let answer = client.post(path, &grpc, empty()).await;
        let told = (answer.header("grpc-status"), answer.header("grpc-message"));
        assert_eq!(told, ("12", why));
    }
    // Over HTTP/1.1 the response is 415; flagd closes the connection.
    let mut client =
        http_client::HttpClient::connect(server.sync, http_client::HttpVersion::Http1).await;
    let answer = client.post(path, &["content-type: text/plain"], "").await;
    assert_eq!(answer.status, 415);
}

#[tokio::test]
async fn request_size_limits_apply() {
    let (_client, server, _directory) = start("flags.yaml", "flags: {a: {}}").await;
    let path = "/flagd.sync.v1.FlagSyncService/FetchAllFlags";
    let mut client =
        http_client::HttpClient::connect(server.sync, http_client::HttpVersion::Http2).await;
    let grpc = "content-type: application/grpc";
    let answer = client.post(path, &[grpc], vec![0; 1_000_001]).await;
    assert_eq!(answer.header("grpc-status"), "8");
    let long = format!("x-long: {}", "x".repeat(1_100_000));
    let answer = client.post(path, &[grpc, &long], vec![0; 5]).await;
    assert_eq!(answer.status, 431);
}

#[tokio::test]
async fn states_are_normalized_and_null_metadata_is_removed() {
    let flags = r#"{"flags": {"a": {"state": "enabled", "metadata": {"gone": null, "b": 1}}}}"#;
    let (mut client, _server, _directory) = start("flags.json", flags).await;
    let stream = client.sync_flags(subscribe("")).await.expect("a stream");
    let (document, _) = next(&mut stream.into_inner()).await;
    assert_eq!(document["flags"]["a"]["state"], "ENABLED");
    assert_eq!(document["flags"]["a"]["metadata"], json!({"b": 1}));
}

#[tokio::test]
async fn get_metadata_can_be_disabled() {
    let settings = ServeConfig {
        sync_metadata: false,
        ..ServeConfig::default()
    };
    let (server, _directory) = serve_one_flag(settings).await;
    let mut client = FlagSyncServiceClient::new(grpc_client::channel_to(server.sync).await);
    let refused = client
        .get_metadata(sync1::GetMetadataRequest {})
        .await
        .expect_err("GetMetadata is disabled");
    assert_eq!(refused.code(), Code::Unimplemented);
    assert_eq!(refused.message(), "metadata endpoint disabled");
}
