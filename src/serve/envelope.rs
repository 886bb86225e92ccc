//! Framed messages and compression.

use std::io::Read as _;
use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use http::HeaderMap;

use crate::resolve::Reply;
use crate::wire::error::Code;
use crate::wire::error::RpcError;
pub use crate::wire::frame::HEAD;
pub use crate::wire::frame::frame;

/// Flag of a compressed message.
pub const COMPRESSED: u8 = 0b0000_0001;
/// Flag of the last frame of a Connect stream.
pub const END_STREAM: u8 = 0b0000_0010;
/// Flag of the trailers of a gRPC-Web answer.
pub const TRAILERS: u8 = 0b1000_0000;

/// A reply as a frame.
pub fn framed(reply: Reply) -> Bytes {
    match reply {
        Reply::Framed(bytes) => bytes,
        Reply::Bare(message) => frame(0, &message),
    }
}

/// A reply as a bare message.
pub fn bare(reply: Reply) -> Bytes {
    match reply {
        Reply::Framed(bytes) => bytes.slice(HEAD.min(bytes.len())..),
        Reply::Bare(message) => message.into(),
    }
}

/// The one message of a request that consists of frames.
///
/// # Errors
/// If there is not exactly one, or it is compressed in a way that was not announced.
pub fn only_message(body: &Bytes, gzip: bool, limit: usize) -> Result<Bytes, RpcError> {
    let Some((head, rest)) = body.split_first_chunk::<HEAD>() else {
        return Err(if body.is_empty() {
            RpcError::new(Code::Unimplemented, "unary request has zero messages")
        } else {
            incomplete()
        });
    };
    let [flags, length @ ..] = *head;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > rest.len() {
        return Err(incomplete());
    }
    if length < rest.len() {
        return Err(RpcError::new(
            Code::Unimplemented,
            "unary request has multiple messages",
        ));
    }
    let message = body.slice(HEAD..);
    match (flags, gzip) {
        (0, _) => Ok(message),
        (COMPRESSED, true) => gunzip(&message, limit),
        (COMPRESSED, false) => {
            let why = "protocol error: sent compressed message without compression support";
            Err(RpcError::new(Code::Internal, why))
        }
        _ => Err(RpcError::new(
            Code::Internal,
            "protocol error: invalid envelope flags",
        )),
    }
}

fn incomplete() -> RpcError {
    let why = "protocol error: incomplete envelope: unexpected EOF";
    RpcError::new(Code::InvalidArgument, why)
}

/// Whether the request says that it is compressed with gzip.
///
/// # Errors
/// If it says that it is compressed with anything else.
pub fn is_gzip(headers: &HeaderMap, name: &str) -> Result<bool, RpcError> {
    match headers.get(name).map_or(&b""[..], |value| value.as_bytes()) {
        b"" | b"identity" => Ok(false),
        b"gzip" => Ok(true),
        other => {
            let other = String::from_utf8_lossy(other);
            let why = format!("unknown compression {other:?}: supported encodings are gzip");
            Err(RpcError::new(Code::Unimplemented, why))
        }
    }
}

/// Whether the client takes answers compressed with gzip.
pub fn accepts_gzip(headers: &HeaderMap, name: &str) -> bool {
    let accepted = headers.get(name).and_then(|value| value.to_str().ok());
    let encodings = accepted.unwrap_or("").split(',');
    encodings
        .map(|encoding| encoding.split_once(';').unwrap_or((encoding, "")))
        .any(|(name, weight)| name.trim() == "gzip" && weight.replace(' ', "") != "q=0")
}

/// Decompresses, never to more than `limit` bytes (0 for any number).
///
/// # Errors
/// If the bytes are not gzip, or become too many.
pub fn gunzip(bytes: &[u8], limit: usize) -> Result<Bytes, RpcError> {
    let most = if limit == 0 { u64::MAX } else { limit as u64 };
    let mut out = Vec::new();
    let mut decoder = MultiGzDecoder::new(bytes).take(most.saturating_add(1));
    if let Err(error) = decoder.read_to_end(&mut out) {
        let why = format!("decompress: {error}");
        return Err(RpcError::new(Code::InvalidArgument, why));
    }
    if out.len() as u64 > most {
        return Err(RpcError::too_large(limit));
    }
    Ok(out.into())
}

/// Compresses.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
