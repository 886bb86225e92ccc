//! `EntityTag`: the tag of a response, and the conditions of requests that name tags.
//!
//! A tag is a version and a hash of the body, `"12-9f86d081884c7d65"`. The hash makes the tag strong. A precondition of a
//! change compares the version only: the revision of the environment, or the version of a flag.

use std::fmt::Write as _;

use axum::body;
use axum::body::Body;
use axum::response::Response;
use http::HeaderMap;
use http::HeaderValue;
use http::StatusCode;
use http::header;

use crate::control::api::problem::Problem;
use crate::control::model::flag_version::FlagVersion;
use crate::wire::content_hash::ContentHash;

/// The bytes of a hash that are in a tag.
const HASH_BYTES: usize = 8;
/// The largest body that gets a tag.
const MAX_BODY: usize = 256 * 1024 * 1024;

/// The version of a response, which a handler leaves in its extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseVersion {
    /// The revision of the environment.
    Revision(u64),
    /// The version of a flag.
    Flag(FlagVersion),
}

/// The versions that a change requires.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpectedVersion {
    /// The revision of the environment.
    pub revision: Option<u64>,
    /// The version of the flag.
    pub flag: Option<FlagVersion>,
    /// True if the flag must exist.
    pub exists: bool,
    /// True if the flag must not exist.
    pub is_absent: bool,
}

/// Adds the tag to a response; without the body if the caller has it already.
pub async fn tag(request: &HeaderMap, response: Response) -> Response {
    let is_json = response.headers().get(header::CONTENT_TYPE);
    let is_json = is_json.is_some_and(|kind| kind == "application/json");
    if response.status() != StatusCode::OK || !is_json {
        return response;
    }
    let version = response.extensions().get::<ResponseVersion>().copied();
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body::to_bytes(body, MAX_BODY).await else {
        // A complete body in memory cannot fail.
        return Response::from_parts(parts, Body::empty());
    };
    let text = tag_text(version, &ContentHash::of(&body));
    let is_known = matches_any(request, header::IF_NONE_MATCH.as_str(), &text);
    if let Ok(value) = HeaderValue::from_str(&text) {
        parts.headers.insert(header::ETAG, value);
    }
    // A private cache may keep the response, and asks whether it is current.
    let policy = HeaderValue::from_static("private, no-cache");
    parts.headers.insert(header::CACHE_CONTROL, policy);
    parts
        .headers
        .append(header::VARY, HeaderValue::from_static("authorization"));
    if is_known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(body))
}

fn tag_text(version: Option<ResponseVersion>, hash: &ContentHash) -> String {
    let hash = hex(hash);
    match version {
        Some(ResponseVersion::Revision(number)) => format!("\"{number}-{hash}\""),
        Some(ResponseVersion::Flag(version)) => format!("\"{version}-{hash}\""),
        None => format!("\"{hash}\""),
    }
}

fn hex(hash: &ContentHash) -> String {
    let mut text = String::new();
    for byte in hash.0.iter().take(HASH_BYTES) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Returns true if a header names a tag, or any.
fn matches_any(headers: &HeaderMap, name: &str, tag: &str) -> bool {
    // If-None-Match compares weakly: <https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2>
    let strip = |text: &str| text.trim().trim_start_matches("W/") == tag;
    let values = headers.get_all(name).iter();
    let mut texts = values.filter_map(|value| value.to_str().ok());
    texts.any(|text| text.trim() == "*" || text.split(',').any(strip))
}

/// The versions that `If-Match` and `If-None-Match` of a change require.
///
/// # Errors
/// If a header names something that is no tag of this API.
pub fn expected_version(headers: &HeaderMap) -> Result<ExpectedVersion, Problem> {
    let mut expected = ExpectedVersion::default();
    if let Some(text) = header_text(headers, header::IF_NONE_MATCH.as_str())? {
        if text.trim() != "*" {
            return Err(Problem::bad_request(
                "`If-None-Match` of a change is `*`: the flag must not exist",
            ));
        }
        expected.is_absent = true;
    }
    let Some(text) = header_text(headers, header::IF_MATCH.as_str())? else {
        return Ok(expected);
    };
    if text.trim() == "*" {
        expected.exists = true;
        return Ok(expected);
    }
    let tag = text.trim();
    let version = tag.trim_matches('"').split('-').next().unwrap_or_default();
    if let Some(flag) = FlagVersion::parse(version) {
        expected.flag = Some(flag);
        return Ok(expected);
    }
    let revision = version.parse().map_err(|_| {
        Problem::bad_request(format!(
            "`If-Match` is {text}: write the tag of a flag, of the environment, or a revision in quotes"
        ))
    })?;
    expected.revision = Some(revision);
    Ok(expected)
}

fn header_text<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    let text = text.ok_or_else(|| Problem::bad_request(format!("`{name}` must be one text")))?;
    Ok(Some(text))
}
