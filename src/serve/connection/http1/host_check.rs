//! The `Host` header of an HTTP/1.1 request: it must occur exactly once.
//! <https://www.rfc-editor.org/rfc/rfc9112#section-3.2>

use http::HeaderValue;
use http::Request;
use http::Response;
use http::StatusCode;
use http::Version;
use http::header;
use hyper::body::Incoming;

use crate::serve::http::body::Body;
use crate::serve::http::respond;

/// The response to an HTTP/1.1 request that does not name its host exactly once. It closes the connection.
pub fn reject_invalid_host(request: &Request<Incoming>) -> Option<Response<Body>> {
    if request.version() != Version::HTTP_11 {
        return None;
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), None) => None,
        (None, _) => Some(bad_request("400 Bad Request: missing required Host header")),
        (Some(_), Some(_)) => Some(bad_request("400 Bad Request: too many Host headers")),
    }
}

fn bad_request(why: &'static str) -> Response<Body> {
    let mut response = respond::plain_text(StatusCode::BAD_REQUEST, why);
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}
