//! Bearer tokens: every protocol and path of a port with tokens requires one, except preflight requests.

mod grpc_services;
mod rotation;

use std::sync::Arc;
use std::time::Duration;

use fanion::serve::ServeConfig;
use fanion::serve::http::auth::token_file::PortTokens;
use fanion::serve::http::auth::token_file::TokenFile;
use http_body_util::Full;
use tokio::net::UnixStream;

use crate::support::server;
use crate::support::server::Server;
use crate::support::server::grpc_client::grpc_frame;
use crate::support::server::http_client;
use crate::support::server::http_client::HttpClient;
use crate::support::server::http_client::HttpResponse;
use crate::support::server::http_client::HttpVersion;
use crate::support::server::prometheus;
use crate::support::server::raw_http1;
use crate::support::server::rpc::FLAG_F;
use crate::support::server::rpc::JSON;
use crate::support::server::rpc::ONE_FLAG;
use crate::support::server::rpc::RESOLVE_BOOLEAN;
use crate::support::temp_dir::TempDir;

pub const TOKEN: &str = "hush-valid-token-of-this-port";
pub const AUTHORIZED: &str = "authorization: Bearer hush-valid-token-of-this-port";
pub const MISSING: &str =
    "a bearer token is required: send the header `authorization: Bearer TOKEN`";
pub const INVALID: &str = "the bearer token is not valid";

const OFREP_FLAG: &str = "/ofrep/v1/evaluate/flags/f";
const OFREP_ALL: &str = "/ofrep/v1/evaluate/flags";
const OFREP_STREAM: &str = "/ofrep/v1/sse";

/// Headers without a valid token, with the reason in the response.
const REJECTED: [(&[&str], &str); 7] = [
    (&[], MISSING),
    (
        &["authorization: Bearer hush-another-token-of-this-port"],
        INVALID,
    ),
    (
        &["authorization: Bearer hush-valid-token-of-this-por"],
        INVALID,
    ),
    (
        &["authorization: Basic hush-valid-token-of-this-port"],
        "the `authorization` header has no bearer token: send `Bearer TOKEN`",
    ),
    (
        &["authorization: Bearer "],
        "the `authorization` header has no bearer token: send `Bearer TOKEN`",
    ),
    (
        &["authorization: Bearer hush-valid-token-of-this-port, Bearer x"],
        INVALID,
    ),
    (
        &[AUTHORIZED, AUTHORIZED],
        "the request has several `authorization` headers",
    ),
];

/// Settings whose three ports require the tokens in the file `tokens`.
fn settings(directory: &TempDir) -> ServeConfig {
    let path = directory.write("tokens", TOKEN);
    let file = || {
        let file = TokenFile::load_with_interval(path.clone(), "tokens", Duration::from_millis(5));
        Some(Arc::new(file.expect("a token")))
    };
    ServeConfig {
        tokens: PortTokens {
            evaluation: file(),
            ofrep: file(),
            sync: file(),
        },
        ..ServeConfig::default()
    }
}

pub async fn serve_with_tokens() -> (Server, TempDir) {
    let directory = TempDir::new();
    let flags = directory.write("flags.json", ONE_FLAG);
    let settings = settings(&directory);
    (server::start_with(&flags, settings).await, directory)
}

/// The status and the message of a response in gRPC or gRPC-Web.
pub fn grpc_status(answer: &HttpResponse) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    let field = |name: &str| {
        let from = [&answer.headers, &answer.trailers];
        let value = from.iter().find_map(|headers| headers.get(name));
        let value = value.map(|value| value.to_str().expect("text").to_owned());
        let in_body = || {
            let line = body.lines().find_map(|line| line.split_once(name));
            line.map(|(_, value)| value.trim_start_matches(": ").to_owned())
        };
        value.or_else(in_body).unwrap_or_default()
    };
    format!("{} {}", field("grpc-status"), field("grpc-message"))
}

/// The status and the message of a response in Connect or OFREP, which must have a challenge if the status is 401.
fn http_status(answer: &HttpResponse) -> String {
    let status = answer.status.as_u16();
    let challenge = if status == 401 { "Bearer" } else { "" };
    assert_eq!(answer.header("www-authenticate"), challenge);
    let why = answer.json();
    let why = why["message"]
        .as_str()
        .or_else(|| why["errorDetails"].as_str());
    format!("{status} {}", why.unwrap_or_default())
}

#[tokio::test]
async fn rpc_calls_require_a_token_in_every_protocol() {
    let (server, _directory) = serve_with_tokens().await;
    let frame = || grpc_frame(b"\x0a\x01f");
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let mut client = HttpClient::connect(server.port, version).await;
        for (headers, why) in REJECTED.iter().chain(&[(&[AUTHORIZED][..], "")]) {
            let [grpc, http] = match *why {
                "" => ["0 ".to_owned(), "200 ".to_owned()],
                why => [format!("16 {why}"), format!("401 {why}")],
            };
            let mut post = async |more: &[&str], body: Vec<u8>| {
                let headers = [more, headers].concat();
                client.post(RESOLVE_BOOLEAN, &headers, body).await
            };
            if version == HttpVersion::Http2 {
                let answer = post(&["content-type: application/grpc", "te: trailers"], frame());
                assert_eq!(grpc_status(&answer.await), grpc, "{headers:?}");
            }
            let answer = post(&["content-type: application/grpc-web+proto"], frame()).await;
            assert_eq!(grpc_status(&answer), grpc, "{headers:?}");
            let answer = post(&[JSON], FLAG_F.into()).await;
            assert_eq!(http_status(&answer), http, "{headers:?}");
            if !why.is_empty() {
                assert_eq!(answer.json()["code"], "unauthenticated");
            }
            // `expect` leads from the fast path to hyper.
            let answer = post(&[JSON, "expect: nothing"], FLAG_F.into()).await;
            assert_eq!(http_status(&answer), http, "{headers:?}");
        }
    }
}

#[tokio::test]
async fn scheme_of_the_token_ignores_case() {
    let (server, _directory) = serve_with_tokens().await;
    for scheme in ["bearer", "BEARER", "Bearer "] {
        let header = format!("authorization: {scheme} {TOKEN}");
        let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
        let answer = client.post(RESOLVE_BOOLEAN, &[JSON, &header], FLAG_F).await;
        assert_eq!(answer.status, 200, "{header}");
    }
}

#[tokio::test]
async fn ofrep_requires_a_token_on_every_path() {
    let (server, _directory) = serve_with_tokens().await;
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let mut client = HttpClient::connect(server.ofrep, version).await;
        for path in [OFREP_FLAG, OFREP_ALL] {
            // `expect` and a conditional bulk request lead from the fast path to hyper.
            for more in [&[JSON][..], &[JSON, "expect: nothing"]] {
                for (headers, why) in REJECTED {
                    let answer = client.post(path, &[more, headers].concat(), "{}").await;
                    assert_eq!(http_status(&answer), format!("401 {why}"), "{headers:?}");
                }
                let headers = [more, &[AUTHORIZED]].concat();
                let answer = client.post(path, &headers, "{}").await;
                assert_eq!(answer.status, 200);
            }
        }
        let conditional = [JSON, "if-none-match: \"x\""];
        let answer = client.post(OFREP_ALL, &conditional, "{}").await;
        assert_eq!(http_status(&answer), format!("401 {MISSING}"));
    }
    let stream = http_client::get(server.ofrep, OFREP_STREAM, &[]).await;
    assert_eq!(stream.status(), 401);
    assert_eq!(stream.headers()["www-authenticate"], "Bearer");
    let stream = http_client::get(server.ofrep, OFREP_STREAM, &[AUTHORIZED]).await;
    assert_eq!(stream.status(), 200);
}

#[tokio::test]
async fn preflight_requests_pass_and_rejections_are_readable() {
    let (server, _directory) = serve_with_tokens().await;
    for (port, path) in [(server.port, RESOLVE_BOOLEAN), (server.ofrep, OFREP_ALL)] {
        let mut client = HttpClient::connect(port, HttpVersion::Http1).await;
        let preflight = http::Request::options(format!("http://localhost{path}"))
            .header("host", "localhost")
            .header("origin", "https://app.example.com")
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type",
            )
            .body(Full::default());
        let answer = client.send(preflight.expect("a request")).await;
        assert_eq!(answer.status, 204);
        let allowed = answer.header("access-control-allow-headers");
        assert_eq!(allowed, "authorization,content-type");
        let headers = [JSON, "origin: https://app.example.com"];
        let answer = client.post(path, &headers, "{}").await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
}

#[tokio::test]
async fn body_of_a_rejected_request_is_not_awaited() {
    let (server, _directory) = serve_with_tokens().await;
    for (port, path) in [(server.port, RESOLVE_BOOLEAN), (server.ofrep, OFREP_ALL)] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\n{JSON}\r\ncontent-length: 900000\r\n\r\n{{"
        );
        let answers = raw_http1::read_responses(port, &[head.as_bytes()], 1).await;
        assert!(answers[0].starts_with("HTTP/1.1 401 "), "{answers:?}");
    }
}

#[tokio::test]
async fn unix_socket_requires_a_token() {
    let directory = TempDir::new();
    let flags = directory.write("flags.json", ONE_FLAG);
    let (_server, path) = server::start_on_unix_socket(&flags, settings(&directory)).await;
    for version in [HttpVersion::Http1, HttpVersion::Http2] {
        let socket = UnixStream::connect(&path).await.expect("a connection");
        let mut client = HttpClient::over(socket, version).await;
        let answer = client.post(RESOLVE_BOOLEAN, &[JSON], FLAG_F).await;
        assert_eq!(answer.status, 401);
        let answer = client
            .post(RESOLVE_BOOLEAN, &[JSON, AUTHORIZED], FLAG_F)
            .await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn rejected_requests_are_counted_by_port() {
    let (server, _directory) = serve_with_tokens().await;
    for (port, path, count) in [
        (server.port, RESOLVE_BOOLEAN, 1),
        (server.ofrep, OFREP_ALL, 2),
    ] {
        for version in [HttpVersion::Http1, HttpVersion::Http2]
            .into_iter()
            .take(count)
        {
            let mut client = HttpClient::connect(port, version).await;
            let answer = client.post(path, &[JSON], FLAG_F).await;
            assert_eq!(answer.status, 401);
            client.post(path, &[JSON, AUTHORIZED], FLAG_F).await;
        }
    }
    let scrape = prometheus::scrape(&server).await;
    let rejected = |port: &str| {
        let label = format!("port=\"{port}\"");
        scrape.sum("fanion_unauthenticated_requests_total", &[&label])
    };
    let counts = ["evaluation", "ofrep", "sync"].map(rejected);
    assert_eq!(counts, [1.0, 2.0, 0.0]);
}
