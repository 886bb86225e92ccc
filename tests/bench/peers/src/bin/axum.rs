//! The baseline of axum: reads and drops the body, and responds with constant JSON. Usage: `axum ADDRESS [BODY]`.
//!
//! BODY is a file with the response body.

use axum::Router;
use axum::http::header;
use axum::routing::any;
use bytes::Bytes;

const BODY: &[u8] = br#"{"value":true,"reason":"STATIC","variant":"on","metadata":{}}"#;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().expect("usage: axum ADDRESS [BODY]");
    let body = arguments.next().map_or(BODY.to_vec(), |path| std::fs::read(path).expect("a file"));
    let body = Bytes::from(body);
    let answer = move |_: Bytes| std::future::ready(([(header::CONTENT_TYPE, "application/json")], body.clone()));
    let router = Router::new().route("/{*path}", any(answer));
    let listener = tokio::net::TcpListener::bind(address).await.expect("a free port");
    axum::serve(listener, router).await.expect("a server");
}
