//! gRPC and gRPC-Web: how a call ends.

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
use crate::resolve::Reply;
use crate::serve::body::Body;
use crate::serve::envelope;
use crate::serve::protocol::Protocol;
use crate::wire::error::Code;
use crate::wire::error::RpcError;

pub const ENCODING: &str = "grpc-encoding";
pub const ACCEPT_ENCODING: &str = "grpc-accept-encoding";
const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const OK: HeaderValue = HeaderValue::from_static("0");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
/// The units of a timeout, in nanoseconds.
const UNITS: [(char, u64); 6] = [
    ('H', 3_600_000_000_000),
    ('M', 60_000_000_000),
    ('S', 1_000_000_000),
    ('m', 1_000_000),
    ('u', 1_000),
    ('n', 1),
];
/// Bytes that a status message must not hold as they are.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// The answer to a unary call.
pub fn unary(
    protocol: Protocol,
    content_type: HeaderValue,
    outcome: Result<Reply, RpcError>,
    accepts_gzip: bool,
) -> Response<Body> {
    let (message, status) = match outcome {
        Ok(reply) => (envelope::framed(reply), Ok(())),
        Err(error) => (Bytes::new(), Err(error)),
    };
    let compress = accepts_gzip && message.len() >= envelope::HEAD + limits::COMPRESS_FROM;
    let message = if compress {
        let bare = message.get(envelope::HEAD..).unwrap_or(&[]);
        envelope::frame(envelope::COMPRESSED, &envelope::gzip(bare))
    } else {
        message
    };
    let trailers = trailers(status);
    let mut response = match protocol {
        Protocol::GrpcWeb => {
            let mut whole = BytesMut::from(&*message);
            whole.extend_from_slice(&web_trailers(&trailers));
            Response::new(Body::Full(whole.freeze()))
        }
        _ if message.is_empty() => {
            let mut response = Response::new(Body::Empty);
            *response.headers_mut() = trailers;
            response
        }
        _ => Response::new(Body::Trailed(message, Some(trailers))),
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
pub fn trailers(status: Result<(), RpcError>) -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(2);
    match status {
        Ok(()) => {
            trailers.insert(STATUS, OK);
        }
        Err(error) => {
            trailers.insert(STATUS, HeaderValue::from(u16::from(error.code.number())));
            let message = utf8_percent_encode(&error.message, ESCAPED).to_string();
            if let Ok(message) = HeaderValue::from_str(&message) {
                trailers.insert(MESSAGE, message);
            }
        }
    }
    trailers
}

/// Trailers as the last frame of a gRPC-Web body.
pub fn web_trailers(trailers: &HeaderMap) -> Bytes {
    let mut text = Vec::new();
    for (name, value) in trailers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    envelope::frame(envelope::TRAILERS, &text)
}

/// How long a client waits for a call, if it says so.
///
/// # Errors
/// If it is not one to eight digits and a unit.
pub fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, RpcError> {
    let Some(timeout) = headers.get("grpc-timeout") else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(timeout.as_bytes());
    let read = |unit: char, nanos: u64| {
        let digits = text.strip_suffix(unit)?;
        let sound = (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        let count: u64 = digits.parse().ok().filter(|_| sound)?;
        Some(Duration::from_nanos(count.saturating_mul(nanos)))
    };
    let found = UNITS.iter().find_map(|(unit, nanos)| read(*unit, *nanos));
    found.map(Some).ok_or_else(|| {
        let why = format!("protocol error: invalid timeout {text:?}");
        RpcError::new(Code::InvalidArgument, why)
    })
}
