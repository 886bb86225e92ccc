//! Responses that several ports send: plain text, JSON, an empty body, redirects and disallowed methods.

use bytes::Bytes;
use http::HeaderName;
use http::HeaderValue;
use http::Response;
use http::StatusCode;
use http::header;

use crate::serve::http::body::Body;

/// A response without a body.
pub fn empty(status: StatusCode) -> Response<Body> {
    with_status(status, Body::Empty)
}

/// A response without a body, and with one header.
pub fn empty_with_header(
    status: StatusCode,
    name: HeaderName,
    value: HeaderValue,
) -> Response<Body> {
    let mut response = empty(status);
    response.headers_mut().insert(name, value);
    response
}

/// A response in plain text.
pub fn plain_text(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    let mut response = with_status(status, Body::Full(text.into()));
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

/// The response for an unknown path, with the text of Go's HTTP server.
pub fn not_found() -> Response<Body> {
    plain_text(StatusCode::NOT_FOUND, "404 page not found\n")
}

/// A JSON response that no cache may store.
pub fn json(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    let mut response = with_status(status, Body::Full(text.into()));
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The response to a method that is not in `allowed`.
pub fn method_not_allowed(allowed: &'static str) -> Response<Body> {
    let allowed = HeaderValue::from_static(allowed);
    empty_with_header(StatusCode::METHOD_NOT_ALLOWED, header::ALLOW, allowed)
}

/// A permanent redirect.
pub fn redirect(location: &str) -> Response<Body> {
    let mut response = empty(StatusCode::MOVED_PERMANENTLY);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn with_status(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
