//! gRPC and gRPC-Web: unary responses, status trailers and the `grpc-timeout` header.

pub mod request_messages;

use std::time::Duration;

use bytes::Bytes;
use bytes::BytesMut;
use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Response;
use http::header;
use percent_encoding::AsciiSet;
use percent_encoding::CONTROLS;
use percent_encoding::utf8_percent_encode;

use crate::limits;
use crate::resolve::ResponseMessage;
use crate::serve::http::body::Body;
use crate::serve::rpc::compression;
use crate::serve::rpc::deadline::Deadline;
use crate::serve::rpc::envelope;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// Header that names the compression of a call's messages.
pub const ENCODING: &str = "grpc-encoding";
/// Header that lists the compressions that the sender of a call accepts.
pub const ACCEPT_ENCODING: &str = "grpc-accept-encoding";
const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const OK: HeaderValue = HeaderValue::from_static("0");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
/// The units of a timeout, in nanoseconds.
const TIMEOUT_UNITS: [(char, u64); 6] = [
    ('H', 3_600_000_000_000),
    ('M', 60_000_000_000),
    ('S', 1_000_000_000),
    ('m', 1_000_000),
    ('u', 1_000),
    ('n', 1),
];
/// The largest value of a timeout in any unit: eight digits.
const MAX_TIMEOUT_VALUE: u64 = 99_999_999;
/// Bytes that are percent-encoded in a status message.
const MESSAGE_ESCAPES: &AsciiSet = &CONTROLS.add(b'%');

/// The response to a unary call.
pub fn unary_response(
    protocol: RpcProtocol,
    content_type: HeaderValue,
    outcome: Result<ResponseMessage, RpcError>,
    accepts_gzip: bool,
) -> Response<Body> {
    let (message, status) = match outcome {
        Ok(reply) => (envelope::into_frame(reply), Ok(())),
        Err(error) => (Bytes::new(), Err(error)),
    };
    let compress = accepts_gzip
        && message.len() >= envelope::MESSAGE_PREFIX_LEN + limits::COMPRESSION_MIN_BYTES;
    let message = if compress {
        let bare = message.get(envelope::MESSAGE_PREFIX_LEN..).unwrap_or(&[]);
        envelope::encode_length_prefixed(envelope::COMPRESSED, &compression::gzip(bare))
    } else {
        message
    };
    let trailers = status_trailers(status);
    let mut response = match protocol {
        RpcProtocol::GrpcWeb => {
            let mut whole = BytesMut::from(&*message);
            whole.extend_from_slice(&web_trailers_frame(&trailers));
            Response::new(Body::Full(whole.freeze()))
        }
        _ if message.is_empty() => {
            let mut response = Response::new(Body::Empty);
            *response.headers_mut() = trailers;
            response
        }
        _ => Response::new(Body::WithTrailers(message, Some(trailers))),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(HeaderName::from_static(ACCEPT_ENCODING), GZIP);
    if compress {
        headers.insert(HeaderName::from_static(ENCODING), GZIP);
    }
    response
}

/// The trailers that end a call.
pub fn status_trailers(status: Result<(), RpcError>) -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(2);
    match status {
        Ok(()) => {
            trailers.insert(STATUS, OK);
        }
        Err(error) => {
            trailers.insert(
                STATUS,
                HeaderValue::from(u16::from(error.code.grpc_status())),
            );
            let message = utf8_percent_encode(&error.message, MESSAGE_ESCAPES).to_string();
            if let Ok(message) = HeaderValue::from_str(&message) {
                trailers.insert(MESSAGE, message);
            }
        }
    }
    trailers
}

/// The error of a call to an unknown path.
pub fn unimplemented_error() -> RpcError {
    RpcError::new(RpcCode::Unimplemented, "404 page not found")
}

/// Trailers as the last frame of a gRPC-Web body.
pub fn web_trailers_frame(trailers: &HeaderMap) -> Bytes {
    let mut text = Vec::new();
    for (name, value) in trailers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    envelope::encode_length_prefixed(envelope::WEB_TRAILERS, &text)
}

/// The deadline of a call, from the `grpc-timeout` header if there is one.
///
/// # Errors
/// If the header is not a number of at most eight digits and a unit. The text is that of connect-go.
pub fn parse_deadline(headers: &HeaderMap) -> Result<Deadline, RpcError> {
    let Some(timeout) = headers.get("grpc-timeout").filter(|text| !text.is_empty()) else {
        return Ok(Deadline::after(None));
    };
    let text = String::from_utf8_lossy(timeout.as_bytes());
    let lasts = parse_timeout(&text)
        .map_err(|why| RpcError::new(RpcCode::InvalidArgument, format!("protocol error: {why}")))?;
    Ok(Deadline::after(Some(lasts)))
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    let found = TIMEOUT_UNITS.iter().find_map(|(unit, nanos)| {
        let count = text.strip_suffix(*unit)?;
        Some((count, *nanos))
    });
    let Some((count, nanos)) = found else {
        let unit = text.chars().next_back().unwrap_or_default();
        return Err(format!("timeout has invalid unit {unit:?}"));
    };
    match count.parse::<i64>().map(u64::try_from) {
        Ok(Ok(count)) if count <= MAX_TIMEOUT_VALUE => {
            Ok(Duration::from_nanos(count.saturating_mul(nanos)))
        }
        Ok(Ok(_)) => Err(format!("timeout {text:?} is too long")),
        Ok(Err(_)) | Err(_) => Err(format!("invalid timeout {text:?}")),
    }
}
