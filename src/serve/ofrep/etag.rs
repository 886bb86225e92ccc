//! Entity tags of bulk evaluations, and the tag that a client of the change stream sends in its query.

use http::HeaderMap;
use http::HeaderValue;
use http::Response;
use http::StatusCode;
use http::header;

use crate::fingerprint;
use crate::serve::http::body::Body;
use crate::serve::http::respond;
use crate::wire::query::query_value;

/// The tag of the change-stream event that made the client send the request, from `flagConfigEtag`.
pub fn etag_from_query(query: &str) -> Option<String> {
    let value = query_value(query, "flagConfigEtag")?;
    let bare = value.strip_prefix("W/").unwrap_or(&value).trim_matches('"');
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// A bulk response with an entity tag, which depends on the content alone and is the same on every replica. If the
/// request's headers are given and match the tag, the response is 304.
pub fn with_etag(body: String, headers: Option<&HeaderMap>) -> Response<Body> {
    let hash = fingerprint::bytes_128(body.as_bytes());
    let tag = format!("\"{hash:032x}\"");
    let known = headers
        .and_then(|headers| headers.get(header::IF_NONE_MATCH))
        .and_then(|value| value.to_str().ok());
    let known = known
        .unwrap_or("")
        .split(',')
        .map(|tag| tag.trim().trim_start_matches("W/"));
    let mut response = if known.into_iter().any(|known| known == tag || known == "*") {
        respond::empty(StatusCode::NOT_MODIFIED)
    } else {
        respond::json(StatusCode::OK, body)
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
