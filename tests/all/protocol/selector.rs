//! Selectors on every port: filtering, requirement, length and caching.

use std::sync::Arc;

use bytes::Bytes;
use fanion::selector::Selector;
use fanion::serve::ServeConfig;
use fanion::wire::context::enrichment::ContextEnrichment;
use prost::Message as _;
use serde_json::Value;
use serde_json::json;

use crate::support::server;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::pb::evaluation1;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::EVALUATION_V1;
use crate::support::server::rpc::FLAG_F;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::ONE_FLAG;
use crate::support::server::rpc::RESOLVE_BOOLEAN;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn selector_filters_by_flag_set_and_source() {
    let list = json!({"flags": [
        {"key": "k", "variants": {"v": "a"}, "defaultVariant": "v", "metadata": {"flagSetId": "a"}},
        {"key": "k", "variants": {"v": "z"}, "defaultVariant": "v", "metadata": {"flagSetId": "z"}},
        {"key": "k", "variants": {"v": "none"}, "defaultVariant": "v"},
    ]});
    let (server, dir) = server::serve_text("flags.json", &list.to_string()).await;
    let source = dir.path().join("flags.json");
    let source = source.to_str().expect("text");
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let path = format!("{EVALUATION_V1}ResolveString");
    for (selector, want) in [
        (String::new(), json!("z")),
        ("flagSetId=a".to_owned(), json!("a")),
        ("flagSetId=z".to_owned(), json!("z")),
        ("flagSetId=".to_owned(), json!("none")),
        ("flagSetId=other".to_owned(), Value::Null),
        (source.to_owned(), json!("z")),
        (format!("source={source}"), json!("z")),
        ("source=".to_owned(), Value::Null),
    ] {
        let header = format!("flagd-selector: {selector}");
        let body = r#"{"flagKey":"k"}"#;
        let answer = client.post(&path, &[JSON, &header], body).await.json();
        assert_eq!(answer["value"], want, "{selector}");
        let all = client
            .post(
                &format!("{EVALUATION_V1}ResolveAll"),
                &[JSON, &header],
                "{}",
            )
            .await
            .json();
        assert_eq!(all["flags"]["k"]["stringValue"], want, "{selector}");
        if selector == "flagSetId=" {
            assert_eq!(answer["metadata"], json!({}));
        }
        if selector == "source=" {
            assert_eq!(all["metadata"], json!({}));
        }
        if selector == source {
            assert_eq!(
                answer["metadata"],
                json!({"flagSetId": "z", "source": source})
            );
            assert_eq!(all["metadata"], json!({ "source": source }));
            // Protobuf responses contain the same metadata.
            let request = evaluation1::ResolveStringRequest {
                flag_key: "k".into(),
                context: None,
            };
            let headers = ["content-type: application/proto", &header];
            let answer = client.post(&path, &headers, request.encode_to_vec()).await;
            let answer = evaluation1::ResolveStringResponse::decode(Bytes::clone(&answer.body));
            let metadata = answer.expect("a message").metadata.expect("metadata");
            assert_eq!(
                metadata,
                grpc_client::proto_struct(&json!({"flagSetId": "z", "source": source}))
            );
        }
    }
}

#[tokio::test]
async fn require_selector_rejects_requests_without_one() {
    let settings = ServeConfig {
        require_selector: true,
        ..ServeConfig::default()
    };
    let directory = TempDir::new();
    let path = directory.write("flags.json", ONE_FLAG);
    let server = server::start_with(&path, settings).await;
    let select = format!("flagd-selector: source={}", path.display());
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    assert_eq!(
        client
            .post(RESOLVE_BOOLEAN, &[JSON, &select], FLAG_F)
            .await
            .status,
        200
    );
    for headers in [vec![JSON], vec![JSON, "flagd-selector: "]] {
        let answer = client.post(RESOLVE_BOOLEAN, &headers, FLAG_F).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["code"].clone()),
            (400, "invalid_argument".into())
        );
        assert!(answer.text().contains("a selector is required"));
    }
    let mut client = HttpClient::connect(server.ofrep, HttpVersion::Http1).await;
    let bulk = "/ofrep/v1/evaluate/flags";
    assert_eq!(client.post(bulk, &[&select], "").await.status, 200);
    let answer = client.post(bulk, &[], "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()["errorCode"].clone()),
        (400, "GENERAL".into())
    );
    let mut client = HttpClient::connect(server.sync, HttpVersion::Http2).await;
    let fetch = "/flagd.sync.v1.FlagSyncService/FetchAllFlags";
    let grpc = "content-type: application/grpc";
    let message = &b"\0\0\0\0\0"[..];
    assert_eq!(
        client
            .post(fetch, &[grpc], message)
            .await
            .header("grpc-status"),
        "3"
    );
    assert_eq!(
        client
            .post(fetch, &[grpc, &select], message)
            .await
            .header("grpc-status"),
        ""
    );
}

#[tokio::test]
async fn selector_length_is_bounded() {
    let directory = TempDir::new();
    let path = directory.write("flags.json", ONE_FLAG);
    let server = server::start(&path).await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let select = format!("flagd-selector: source={}", "x".repeat(2000));
    let answer = client.post(RESOLVE_BOOLEAN, &[JSON, &select], FLAG_F).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json()["message"],
        "the selector is longer than 1024 bytes"
    );
}

#[tokio::test]
async fn sync_messages_are_cached_per_selector() {
    let directory = TempDir::new();
    let server = server::start(&directory.write("flags.json", ONE_FLAG)).await;
    let snapshot = server.live.load_full();
    let extra = ContextEnrichment::default();
    for selector in [Selector::All, Selector::NoFlagSet] {
        let one = snapshot.sync_message(&selector, &extra).frame;
        assert_eq!(
            one.as_ptr(),
            snapshot.sync_message(&selector, &extra).frame.as_ptr()
        );
        let one = snapshot.fetch_all_response(&selector);
        assert_eq!(
            one.as_ptr(),
            snapshot.fetch_all_response(&selector).as_ptr()
        );
        assert!(Arc::ptr_eq(
            &snapshot.fingerprints(&selector),
            &snapshot.fingerprints(&selector)
        ));
    }
    // A selector without flags is not cached.
    for junk in 0..1000 {
        let junk = Selector::FlagSet(junk.to_string().into());
        assert!(
            snapshot
                .fetch_all_response(&junk)
                .ends_with(br#"{"flags":{}}"#)
        );
        assert_ne!(
            snapshot.fetch_all_response(&junk).as_ptr(),
            snapshot.fetch_all_response(&junk).as_ptr()
        );
    }
}
