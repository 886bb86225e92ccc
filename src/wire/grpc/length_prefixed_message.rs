//! Length-prefixed messages of gRPC and Connect streams: one byte of flags, four bytes of length, the message.
//! <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>, <https://connectrpc.com/docs/protocol/>

use bytes::BufMut as _;
use bytes::Bytes;
use bytes::BytesMut;

/// The length of the prefix.
pub const MESSAGE_PREFIX_LEN: usize = 5;

/// The message with its prefix.
pub fn encode_length_prefixed(flags: u8, message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(MESSAGE_PREFIX_LEN + message.len());
    framed.put_u8(flags);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}
