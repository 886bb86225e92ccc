//! A message behind its length, as gRPC and Connect's streams have it: one byte of flags, four bytes of length.
//! <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>, <https://connectrpc.com/docs/protocol/>

use bytes::BufMut as _;
use bytes::Bytes;
use bytes::BytesMut;

/// The length of what stands before a message.
pub const MESSAGE_PREFIX_LEN: usize = 5;

/// A message behind its head.
pub fn encode_length_prefixed(flags: u8, message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(MESSAGE_PREFIX_LEN + message.len());
    framed.put_u8(flags);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}
