//! gzip compression of messages: negotiation by header, and bounded decompression.

use std::io::Read as _;
use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use http::HeaderMap;

use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// Returns true if the header `name` announces gzip.
///
/// # Errors
/// If it announces another compression.
pub fn is_gzip(headers: &HeaderMap, name: &str) -> Result<bool, RpcError> {
    match headers.get(name).map_or(&b""[..], |value| value.as_bytes()) {
        b"" | b"identity" => Ok(false),
        b"gzip" => Ok(true),
        other => {
            let other = String::from_utf8_lossy(other);
            let why = format!("unknown compression {other:?}: supported encodings are gzip");
            Err(RpcError::new(RpcCode::Unimplemented, why))
        }
    }
}

/// Returns true if the client accepts gzip in responses.
pub fn accepts_gzip(headers: &HeaderMap, name: &str) -> bool {
    let accepted = headers.get(name).and_then(|value| value.to_str().ok());
    let encodings = accepted.unwrap_or("").split(',');
    encodings
        .map(|encoding| encoding.split_once(';').unwrap_or((encoding, "")))
        .any(|(name, weight)| name.trim() == "gzip" && weight.replace(' ', "") != "q=0")
}

/// Decompresses gzip, to at most `limit` bytes (0 means no limit).
///
/// # Errors
/// If the bytes are not gzip, or exceed the limit.
pub fn gunzip(bytes: &[u8], limit: usize) -> Result<Bytes, RpcError> {
    let most = if limit == 0 { u64::MAX } else { limit as u64 };
    let mut out = Vec::new();
    let mut decoder = MultiGzDecoder::new(bytes).take(most.saturating_add(1));
    if let Err(error) = decoder.read_to_end(&mut out) {
        let why = format!("decompress: {error}");
        return Err(RpcError::new(RpcCode::InvalidArgument, why));
    }
    if out.len() as u64 > most {
        return Err(RpcError::body_too_large(limit));
    }
    Ok(out.into())
}

/// Compresses with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
