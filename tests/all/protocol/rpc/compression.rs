//! Gzip compression of requests and responses.

use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::json;

use crate::support::server;
use crate::support::server::grpc_client;
use crate::support::server::grpc_client::pb::evaluation1;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::EVALUATION_V1;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::gzip;

#[tokio::test]
async fn gzip_requests_and_responses_are_supported() {
    let many: String = (0..200)
        .map(|i| format!("  flag-{i}: {{ variants: {{ v: true }}, defaultVariant: v }}\n"))
        .collect();
    let (server, _dir) = server::serve_text("flags.yaml", &format!("flags:\n{many}")).await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let headers = [JSON, "content-encoding: gzip", "accept-encoding: gzip"];
    let path = format!("{EVALUATION_V1}ResolveAll");
    let answer = client.post(&path, &headers, gzip(b"{}")).await;
    assert_eq!(answer.header("content-encoding"), "gzip");
    let mut text = String::new();
    GzDecoder::new(&answer.body[..])
        .read_to_string(&mut text)
        .expect("gzip");
    assert!(text.contains("flag-199"));
    // tonic's client with compressed requests and responses.
    let channel = grpc_client::channel(&server).await;
    let encoding = tonic::codec::CompressionEncoding::Gzip;
    let mut grpc = evaluation1::service_client::ServiceClient::new(channel)
        .send_compressed(encoding)
        .accept_compressed(encoding);
    let request = evaluation1::ResolveAllRequest { context: None };
    let all = grpc.resolve_all(request).await.expect("an answer");
    assert_eq!(
        all.metadata()
            .get("grpc-encoding")
            .map(tonic::metadata::MetadataValue::as_bytes),
        Some(&b"gzip"[..])
    );
    assert_eq!(all.into_inner().flags.len(), 200);
    let answer = client
        .post(&path, &[JSON, "content-encoding: br"], "{}")
        .await;
    assert_eq!(answer.status, 501);
    let want = r#"unknown compression "br": supported encodings are gzip"#;
    assert_eq!(
        answer.json(),
        json!({"code": "unimplemented", "message": want})
    );
}
