//! Message envelopes of gRPC and Connect: flags, length and message.

use bytes::Bytes;

use crate::resolve::ResponseMessage;
use crate::serve::rpc::compression;
use crate::serve::rpc::negotiate::RpcProtocol;
pub use crate::wire::grpc::length_prefixed_message::MESSAGE_PREFIX_LEN;
pub use crate::wire::grpc::length_prefixed_message::encode_length_prefixed;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// Flag of a compressed message.
pub const COMPRESSED: u8 = 0b0000_0001;
/// Flag of the last frame of a Connect stream.
pub const END_STREAM: u8 = 0b0000_0010;
/// Flag of the trailers of a gRPC-Web response.
pub const WEB_TRAILERS: u8 = 0b1000_0000;

/// A reply as a frame.
pub fn into_frame(reply: ResponseMessage) -> Bytes {
    match reply {
        ResponseMessage::Framed(bytes) => bytes,
        ResponseMessage::Unframed(message) => encode_length_prefixed(0, &message),
    }
}

/// A reply without a frame.
pub fn into_bare_message(reply: ResponseMessage) -> Bytes {
    match reply {
        ResponseMessage::Framed(bytes) => bytes.slice(MESSAGE_PREFIX_LEN.min(bytes.len())..),
        ResponseMessage::Unframed(message) => message.into(),
    }
}

/// The only message of a request that consists of frames, decoded as in connect-go.
///
/// # Errors
/// If there is not exactly one, or its compression was not announced in the headers.
pub fn only_message(
    body: &Bytes,
    gzip: bool,
    limit: usize,
    protocol: RpcProtocol,
) -> Result<Bytes, RpcError> {
    let (first, rest) = next_message(body, protocol)?;
    let Some(first) = first else {
        let why = "unary request has zero messages";
        return Err(RpcError::new(RpcCode::Unimplemented, why));
    };
    let message = first.decompress(gzip, limit)?;
    if let (Some(second), _) = next_message(&rest, protocol)? {
        second.decompress(gzip, limit)?;
        let why = "unary request has multiple messages";
        return Err(RpcError::new(RpcCode::Unimplemented, why));
    }
    Ok(message)
}

/// A message that may be compressed.
struct EnvelopedMessage {
    compressed: bool,
    data: Bytes,
}

impl EnvelopedMessage {
    fn decompress(self, gzip: bool, limit: usize) -> Result<Bytes, RpcError> {
        match (self.compressed, gzip) {
            (false, _) => Ok(self.data),
            (true, false) => {
                let why = "protocol error: sent compressed message without compression support";
                Err(RpcError::new(RpcCode::Internal, why))
            }
            (true, true) if self.data.is_empty() => Ok(self.data),
            (true, true) => compression::gunzip(&self.data, limit),
        }
    }
}

/// The next message of a body, or `None` at its end, and the bytes after it.
fn next_message(
    body: &Bytes,
    protocol: RpcProtocol,
) -> Result<(Option<EnvelopedMessage>, Bytes), RpcError> {
    match split_first_frame(body) {
        FrameSplit::Empty => Ok((None, Bytes::new())),
        FrameSplit::PartialHeader => Err(incomplete_error("incomplete envelope: unexpected EOF")),
        FrameSplit::PartialMessage { promised, got } => Err(incomplete_error(&format!(
            "promised {promised} bytes in enveloped message, got {got} bytes"
        ))),
        FrameSplit::Complete { flags, data, rest } if flags & !COMPRESSED == 0 => {
            let compressed = flags == COMPRESSED;
            Ok((Some(EnvelopedMessage { compressed, data }), rest))
        }
        FrameSplit::Complete { flags, rest, .. } => {
            validate_end_of_stream(flags, protocol, &rest)?;
            Ok((None, Bytes::new()))
        }
    }
}

/// The first frame of a body.
#[derive(Debug)]
pub enum FrameSplit {
    /// The body is empty.
    Empty,
    /// The frame header is incomplete.
    PartialHeader,
    /// The message is incomplete.
    PartialMessage {
        /// Length in the header, in bytes.
        promised: u32,
        /// Received bytes of the message.
        got: usize,
    },
    /// The frame is complete.
    Complete {
        /// Flags of the header.
        flags: u8,
        /// The message.
        data: Bytes,
        /// The bytes after the message.
        rest: Bytes,
    },
}

/// Splits the first frame off a body.
pub fn split_first_frame(body: &Bytes) -> FrameSplit {
    let Some(([flags, length @ ..], rest)) = body.split_first_chunk::<MESSAGE_PREFIX_LEN>() else {
        return if body.is_empty() {
            FrameSplit::Empty
        } else {
            FrameSplit::PartialHeader
        };
    };
    let promised = u32::from_be_bytes(*length);
    let length = usize::try_from(promised).unwrap_or(usize::MAX);
    if length > rest.len() {
        let got = rest.len();
        return FrameSplit::PartialMessage { promised, got };
    }
    FrameSplit::Complete {
        flags: *flags,
        data: body.slice(MESSAGE_PREFIX_LEN..MESSAGE_PREFIX_LEN + length),
        rest: body.slice(MESSAGE_PREFIX_LEN + length..),
    }
}

/// Checks that a frame with protocol-specific flags ends the request: nothing may follow it.
fn validate_end_of_stream(flags: u8, protocol: RpcProtocol, rest: &Bytes) -> Result<(), RpcError> {
    let ends = match protocol {
        RpcProtocol::Grpc => 0,
        RpcProtocol::GrpcWeb => WEB_TRAILERS,
        RpcProtocol::Connect => END_STREAM,
    };
    if !rest.is_empty() {
        let extra = rest.len();
        let why = format!("corrupt response: {extra} extra bytes after end of stream");
        Err(RpcError::new(RpcCode::Internal, why))
    } else if flags & ends == 0 {
        let why = format!("protocol error: invalid envelope flags {flags}");
        Err(RpcError::new(RpcCode::Internal, why))
    } else {
        Ok(())
    }
}

fn incomplete_error(why: &str) -> RpcError {
    RpcError::new(RpcCode::InvalidArgument, format!("protocol error: {why}"))
}
