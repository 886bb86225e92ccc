//! Reads the reason in an error response of an object store.

use std::time::Duration;
use std::time::SystemTime;

use http::HeaderMap;
use http::StatusCode;
use http::header;
use reqwest::Response;

use crate::limits;
use crate::source::error::object_store::ClockSkew;
use crate::source::error::object_store::ObjectName;
use crate::source::error::object_store::RefusalReason;
use crate::source::error::object_store::RefusedObject;
use crate::source::network::http::response_body;

/// The longest code that is shown.
const CODE_LENGTH: usize = 64;
/// A clock that differs by less is not the reason of a refusal: the stores allow 15 minutes.
const SKEW_THRESHOLD: Duration = Duration::from_secs(300);

/// Returns the reason why a store refuses to return an object.
pub async fn read(response: Response, object: ObjectName, now: SystemTime) -> RefusedObject {
    let (status, headers) = (response.status(), response.headers().clone());
    // A body that is too large or incomplete only takes details from the message.
    let body = response_body::read_body(response, limits::TOKEN_RESPONSE).await;
    let body = body.unwrap_or_default();
    let body = String::from_utf8_lossy(&body);
    let code = error_code(&headers, &body);
    RefusedObject {
        reason: reason(status, code, &headers, &body, now),
        code: code.into(),
        object,
        status,
    }
}

fn reason(
    status: StatusCode,
    code: &str,
    headers: &HeaderMap,
    body: &str,
    now: SystemTime,
) -> RefusalReason {
    if let Some(reason) = of_code(code) {
        return reason;
    }
    let skew = clock_skew(headers, now);
    match (status, code) {
        (_, "RequestTimeTooSkewed") => RefusalReason::ClockSkew(skew),
        // Azure and Google have no code of their own for it.
        (StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED, _)
            if skew.is_some_and(|skew| skew.difference > SKEW_THRESHOLD) =>
        {
            RefusalReason::ClockSkew(skew)
        }
        (StatusCode::MOVED_PERMANENTLY | StatusCode::TEMPORARY_REDIRECT, _)
        | (_, "AuthorizationHeaderMalformed") => {
            let region = header_text(headers, "x-amz-bucket-region");
            let region = region.or_else(|| element(body, "Region"));
            RefusalReason::OtherRegion(region.filter(|region| is_code(region)).map(Into::into))
        }
        (StatusCode::NOT_FOUND | StatusCode::GONE, _) => RefusalReason::NotFound,
        (_, code) if CREDENTIAL_CODES.contains(&code) => RefusalReason::Credentials,
        (StatusCode::UNAUTHORIZED, _) => RefusalReason::Credentials,
        (StatusCode::FORBIDDEN, _) => RefusalReason::Denied,
        _ => RefusalReason::Other,
    }
}

/// The codes of S3, Google (XML) and Azure for credentials that are not accepted.
const CREDENTIAL_CODES: [&str; 8] = [
    "AuthenticationFailed",
    "AuthenticationRequired",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "NoAuthenticationInformation",
];

fn of_code(code: &str) -> Option<RefusalReason> {
    match code {
        "NoSuchBucket" | "ContainerNotFound" | "ContainerBeingDeleted" => {
            Some(RefusalReason::NoBucket)
        }
        "NoSuchKey" | "BlobNotFound" => Some(RefusalReason::NoObject),
        _ => None,
    }
}

/// Returns the status and the code of a response without credentials; `None` if it is a success.
pub fn of_credentials(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<String> {
    if status.is_success() {
        return None;
    }
    let body = String::from_utf8_lossy(body);
    Some(
        format!("{status} {}", error_code(headers, &body))
            .trim_end()
            .to_owned(),
    )
}

/// Returns the code of an error in a header, in XML, or in JSON; empty if there is none.
fn error_code<'h>(headers: &'h HeaderMap, body: &'h str) -> &'h str {
    let code = header_text(headers, "x-ms-error-code")
        .or_else(|| element(body, "Code"))
        .or_else(|| member(body, "error"));
    code.filter(|code| is_code(code)).unwrap_or_default()
}

/// Returns the text of the first JSON member with this name.
fn member<'b>(body: &'b str, name: &str) -> Option<&'b str> {
    let (_, rest) = body.split_once(&format!("\"{name}\""))?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let (text, _) = rest.strip_prefix('"')?.split_once('"')?;
    Some(text)
}

/// Returns how far the clock of this host is from that of the store.
fn clock_skew(headers: &HeaderMap, now: SystemTime) -> Option<ClockSkew> {
    let theirs = httpdate::parse_http_date(header_text(headers, header::DATE.as_str())?).ok()?;
    let ahead = now.duration_since(theirs);
    Some(ClockSkew {
        is_ahead: ahead.is_ok(),
        difference: ahead.unwrap_or_else(|error| error.duration()),
    })
}

fn header_text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Returns the text of the first XML element with this name.
fn element<'b>(body: &'b str, name: &str) -> Option<&'b str> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.trim())
}

fn is_code(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=CODE_LENGTH).contains(&text.len()) && text.bytes().all(is_inner)
}
