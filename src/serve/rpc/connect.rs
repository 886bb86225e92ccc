//! Connect's unary protocol: request headers and responses in plain HTTP.
//! <https://connectrpc.com/docs/protocol/#unary-rpc>

use std::time::Duration;

use http::HeaderMap;
use http::HeaderValue;
use http::Response;
use http::StatusCode;
use http::header;

use crate::limits;
use crate::resolve::ResponseMessage;
use crate::serve::http::auth;
use crate::serve::http::body::Body;
use crate::serve::rpc::compression;
use crate::serve::rpc::deadline::Deadline;
use crate::serve::rpc::envelope;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// The header that names the compression of a stream's messages.
pub const STREAM_CONTENT_ENCODING: &str = "connect-content-encoding";
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");

/// Checks the protocol headers of a request, and returns its deadline.
///
/// # Errors
/// If the protocol version or the timeout is invalid. Both are optional.
pub fn parse_protocol_headers(headers: &HeaderMap) -> Result<Deadline, RpcError> {
    let text = |name| {
        headers
            .get(name)
            .map(|v| String::from_utf8_lossy(v.as_bytes()))
    };
    let invalid = |why| Err(RpcError::new(RpcCode::InvalidArgument, why));
    if let Some(version) = text("connect-protocol-version")
        && version != "1"
        && !version.is_empty()
    {
        return invalid(format!(
            "Connect-Protocol-Version must be \"1\": got {version:?}"
        ));
    }
    if let Some(timeout) = text("connect-timeout-ms")
        && !timeout.is_empty()
    {
        if timeout.len() > 10 {
            return invalid(format!("parse timeout: {timeout:?} has >10 digits"));
        }
        let Ok(millis) = timeout.parse::<i64>() else {
            let parser = "strconv.ParseInt: parsing";
            return invalid(format!(
                "parse timeout: {parser} {timeout:?}: invalid syntax"
            ));
        };
        // A negative timeout has already expired.
        let millis = u64::try_from(millis).unwrap_or(0);
        return Ok(Deadline::after(Some(Duration::from_millis(millis))));
    }
    Ok(Deadline::after(None))
}

/// The response to a unary call.
pub fn unary_response(
    content_type: HeaderValue,
    outcome: Result<ResponseMessage, RpcError>,
    accepts_gzip: bool,
) -> Response<Body> {
    let (status, content_type, body) = match outcome {
        Ok(reply) => (
            StatusCode::OK,
            content_type,
            envelope::into_bare_message(reply),
        ),
        Err(error) => {
            let status = StatusCode::from_u16(error.code.http_status());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, JSON, error.to_json().into())
        }
    };
    let compress = accepts_gzip && body.len() >= limits::COMPRESSION_MIN_BYTES;
    let body = if compress {
        compression::gzip(&body).into()
    } else {
        body
    };
    let mut response = Response::new(Body::Full(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(header::ACCEPT_ENCODING, GZIP);
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static(auth::CHALLENGE);
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    if compress {
        headers.insert(header::CONTENT_ENCODING, GZIP);
    }
    response
}
