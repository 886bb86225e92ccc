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
use crate::serve::patience::Patience;
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
/// The most of one unit that a timeout may have: eight digits.
const MOST_UNITS: u64 = 99_999_999;
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
/// If it is not a number of at most eight digits and a unit, in connect-go's words.
pub fn timeout(headers: &HeaderMap) -> Result<Patience, RpcError> {
    let Some(timeout) = headers.get("grpc-timeout").filter(|text| !text.is_empty()) else {
        return Ok(Patience::begin(None));
    };
    let text = String::from_utf8_lossy(timeout.as_bytes());
    let lasts = read_timeout(&text)
        .map_err(|why| RpcError::new(Code::InvalidArgument, format!("protocol error: {why}")))?;
    Ok(Patience::begin(Some(lasts)))
}

fn read_timeout(text: &str) -> Result<Duration, String> {
    let found = UNITS.iter().find_map(|(unit, nanos)| {
        let count = text.strip_suffix(*unit)?;
        Some((count, *nanos))
    });
    let Some((count, nanos)) = found else {
        let unit = text.chars().next_back().unwrap_or_default();
        return Err(format!("timeout has invalid unit {unit:?}"));
    };
    match count.parse::<i64>().map(u64::try_from) {
        Ok(Ok(count)) if count <= MOST_UNITS => {
            Ok(Duration::from_nanos(count.saturating_mul(nanos)))
        }
        Ok(Ok(_)) => Err(format!("timeout {text:?} is too long")),
        Ok(Err(_)) | Err(_) => Err(format!("invalid timeout {text:?}")),
    }
}
