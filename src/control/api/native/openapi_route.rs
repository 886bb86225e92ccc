//! `GET /fanion/v1/openapi.json`: the document of this API.

use axum::body::Body;
use axum::response::Response;
use http::HeaderValue;
use http::header;

/// The document. A test compares it with the routes.
const DOCUMENT: &str = include_str!("../../../../docs/openapi.json");

/// Returns the document, without a token: it has no secrets.
pub async fn show() -> Response {
    let mut response = Response::new(Body::from(DOCUMENT));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
