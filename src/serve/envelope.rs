//! Framed messages and compression.

use std::io::Read as _;
use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use http::HeaderMap;

use crate::resolve::Reply;
use crate::serve::protocol::Protocol;
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

/// The one message of a request that consists of frames, read as connect-go reads them.
///
/// # Errors
/// If there is not exactly one, or it is compressed in a way that was not announced.
pub fn only_message(
    body: &Bytes,
    gzip: bool,
    limit: usize,
    protocol: Protocol,
) -> Result<Bytes, RpcError> {
    let (first, rest) = next(body, protocol)?;
    let Some(first) = first else {
        let why = "unary request has zero messages";
        return Err(RpcError::new(Code::Unimplemented, why));
    };
    let message = first.open(gzip, limit)?;
    if let (Some(second), _) = next(&rest, protocol)? {
        second.open(gzip, limit)?;
        let why = "unary request has multiple messages";
        return Err(RpcError::new(Code::Unimplemented, why));
    }
    Ok(message)
}

/// A message as it travels.
struct Enveloped {
    compressed: bool,
    data: Bytes,
}

impl Enveloped {
    fn open(self, gzip: bool, limit: usize) -> Result<Bytes, RpcError> {
        match (self.compressed, gzip) {
            (false, _) => Ok(self.data),
            (true, false) => {
                let why = "protocol error: sent compressed message without compression support";
                Err(RpcError::new(Code::Internal, why))
            }
            (true, true) if self.data.is_empty() => Ok(self.data),
            (true, true) => gunzip(&self.data, limit),
        }
    }
}

/// The next message of a body, if it has not ended, and what follows.
fn next(body: &Bytes, protocol: Protocol) -> Result<(Option<Enveloped>, Bytes), RpcError> {
    match split(body) {
        Split::End => Ok((None, Bytes::new())),
        Split::Head => Err(incomplete("incomplete envelope: unexpected EOF")),
        Split::Part { promised, got } => Err(incomplete(&format!(
            "promised {promised} bytes in enveloped message, got {got} bytes"
        ))),
        Split::Whole { flags, data, rest } if flags & !COMPRESSED == 0 => {
            let compressed = flags == COMPRESSED;
            Ok((Some(Enveloped { compressed, data }), rest))
        }
        Split::Whole { flags, rest, .. } => {
            is_end(flags, protocol, &rest)?;
            Ok((None, Bytes::new()))
        }
    }
}

/// What a body of frames begins with.
#[derive(Debug)]
pub enum Split {
    /// Nothing.
    End,
    /// A part of a frame's head.
    Head,
    /// A part of a message: how many bytes its head promises, and how many there are.
    Part { promised: u32, got: usize },
    /// A message, and what follows it.
    Whole { flags: u8, data: Bytes, rest: Bytes },
}

/// Takes the first frame off a body.
pub fn split(body: &Bytes) -> Split {
    let Some(([flags, length @ ..], rest)) = body.split_first_chunk::<HEAD>() else {
        return if body.is_empty() {
            Split::End
        } else {
            Split::Head
        };
    };
    let promised = u32::from_be_bytes(*length);
    let length = usize::try_from(promised).unwrap_or(usize::MAX);
    if length > rest.len() {
        let got = rest.len();
        return Split::Part { promised, got };
    }
    Split::Whole {
        flags: *flags,
        data: body.slice(HEAD..HEAD + length),
        rest: body.slice(HEAD + length..),
    }
}

/// Whether a frame with flags of a protocol's own ends the request: nothing may follow it.
fn is_end(flags: u8, protocol: Protocol, rest: &Bytes) -> Result<(), RpcError> {
    let ends = match protocol {
        Protocol::Grpc => 0,
        Protocol::GrpcWeb => TRAILERS,
        Protocol::Connect => END_STREAM,
    };
    if !rest.is_empty() {
        let extra = rest.len();
        let why = format!("corrupt response: {extra} extra bytes after end of stream");
        Err(RpcError::new(Code::Internal, why))
    } else if flags & ends == 0 {
        let why = format!("protocol error: invalid envelope flags {flags}");
        Err(RpcError::new(Code::Internal, why))
    } else {
        Ok(())
    }
}

fn incomplete(why: &str) -> RpcError {
    RpcError::new(Code::InvalidArgument, format!("protocol error: {why}"))
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
