//! CORS headers, and response headers that are omitted.

use fanion::serve::ServeConfig;
use fanion::serve::http::cors::AllowedOrigins;
use http_body_util::Full;

use crate::support::server;
use crate::support::server::grpc_client::grpc_frame;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::rpc::EVALUATION_V1;
use crate::support::server::rpc::FLAG_F;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::ONE_FLAG;
use crate::support::server::rpc::RESOLVE_BOOLEAN;
use crate::support::server::rpc::serve_every_type;
use crate::support::temp_dir::TempDir;

#[tokio::test]
async fn redundant_response_headers_are_omitted() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http2).await;
    let path = format!("{EVALUATION_V1}ResolveBoolean");
    let grpc = ["content-type: application/grpc", "te: trailers"];
    let answer = client.post(&path, &grpc, grpc_frame(b"\x0a\x04bool")).await;
    assert_eq!(answer.header("vary"), "");
    let answer = client.post("/nope", &[JSON], "{}").await;
    assert_eq!(answer.header("x-content-type-options"), "");
    let preflight = http::Request::options(format!("http://localhost{path}"))
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST");
    let request = preflight.body(Full::default()).expect("a request");
    let answer = client.send(request).await;
    assert_eq!(
        answer.header("access-control-allow-methods"),
        "HEAD, GET, POST, PUT, PATCH, DELETE"
    );
}

#[tokio::test]
async fn cors_allows_any_origin_by_default() {
    let (server, _dir) = serve_every_type().await;
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let preflight =
        http::Request::options(format!("http://localhost{EVALUATION_V1}ResolveBoolean"))
            .header("host", "localhost")
            .header("origin", "https://app.example.com")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,x-grpc-web")
            .body(Full::default());
    let answer = client.send(preflight.expect("a request")).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "content-type,x-grpc-web"
    );
    let headers = [JSON, "origin: https://app.example.com"];
    let answer = client
        .post(&format!("{EVALUATION_V1}ResolveBoolean"), &headers, "{}")
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(
        answer
            .header("access-control-expose-headers")
            .contains("Grpc-Status")
    );
    assert_eq!(answer.header("vary"), "Origin");
}

#[tokio::test]
async fn cors_allows_only_configured_origins() {
    let names = ["https://app.example.com", "http://*.test"].map(str::to_owned);
    let settings = ServeConfig {
        cors: AllowedOrigins::from_names(&names),
        ..ServeConfig::default()
    };
    let directory = TempDir::new();
    let server = server::start_with(&directory.write("flags.json", ONE_FLAG), settings).await;
    for (origin, allowed) in [
        ("https://app.example.com", true),
        ("HTTPS://APP.example.com", true),
        ("http://a.b.test", true),
        ("http://.test.evil", false),
        ("https://example.com", false),
        ("null", false),
    ] {
        let want = if allowed { origin } else { "" };
        let origin = format!("origin: {origin}");
        for (port, path) in [
            (server.port, RESOLVE_BOOLEAN),
            (server.ofrep, "/ofrep/v1/evaluate/flags/f"),
        ] {
            let mut client = HttpClient::connect(port, HttpVersion::Http1).await;
            let answer = client.post(path, &[JSON, &origin], FLAG_F).await;
            assert_eq!(answer.status, 200);
            assert_eq!(
                answer.header("access-control-allow-origin"),
                want,
                "{path} {origin}"
            );
            assert_eq!(answer.header("vary"), "Origin");
        }
    }
}
