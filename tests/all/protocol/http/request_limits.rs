//! Limits on the size of request bodies and headers.

use fanion::serve::ServeConfig;
use serde_json::json;

use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::EVALUATION_V1;
use crate::support::server::rpc::FLAG_F;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::RESOLVE_BOOLEAN;
use crate::support::server::rpc::gzip;
use crate::support::server::rpc::serve_every_type;
use crate::support::server::rpc::serve_one_flag;

#[tokio::test]
async fn body_and_header_sizes_are_bounded() {
    let (server, _dir) = serve_every_type().await;
    let path = format!("{EVALUATION_V1}ResolveBoolean");
    let message =
        "read first 1000000 bytes of message: exceeded 1000000 byte http.MaxBytesReader limit";
    let want = json!({"code": "resource_exhausted", "message": message});
    let mut client = HttpClient::connect(server.port, HttpVersion::Http2).await;
    let large = format!(
        r#"{{"flagKey":"bool","context":{{"k":"{}"}}}}"#,
        "x".repeat(1_000_000)
    );
    let answer = client.post(&path, &[JSON], large.clone()).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (429, want.clone()));
    // A small compressed body that exceeds the limit when decompressed.
    let headers = [JSON, "content-encoding: gzip"];
    let answer = client.post(&path, &headers, gzip(large.as_bytes())).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (429, want));
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let header = format!("x-large: {}", "x".repeat(1_100_000));
    assert_eq!(client.post(&path, &[JSON, &header], "{}").await.status, 431);
}

#[tokio::test]
async fn request_size_limits_are_configurable() {
    let long = format!("x-long: {}", "x".repeat(20_000));
    for (max_body, max_header, large, wide) in
        [(100, 10_000, false, false), (0, 1_000_000, true, true)]
    {
        let settings = ServeConfig {
            max_body,
            max_header,
            ..ServeConfig::default()
        };
        let (server, _directory) = serve_one_flag(settings).await;
        let body = format!(
            r#"{{"flagKey": "f", "context": {{"k": "{}"}}}}"#,
            "x".repeat(2_000_000)
        );
        for (port, path, too_large) in [
            (server.port, RESOLVE_BOOLEAN, 429),
            (server.ofrep, "/ofrep/v1/evaluate/flags/f", 413),
        ] {
            let mut client = HttpClient::connect(port, HttpVersion::Http2).await;
            let status = client
                .post(path, &[JSON], body.clone())
                .await
                .status
                .as_u16();
            assert_eq!(status, if large { 200 } else { too_large }, "{path}");
            let mut client = HttpClient::connect(port, HttpVersion::Http1).await;
            let status = client
                .post(path, &[JSON, &long], FLAG_F)
                .await
                .status
                .as_u16();
            assert_eq!(status, if wide { 200 } else { 431 }, "{path}");
        }
    }
}
