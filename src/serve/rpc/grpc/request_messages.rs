//! `RequestMessages`: the messages of a client stream, as they arrive.

use std::pin::Pin;

use bytes::Bytes;
use bytes::BytesMut;
use http_body::Body as _;
use hyper::body::Incoming;

use crate::serve::rpc::envelope;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// The messages of a request.
#[derive(Debug)]
pub struct RequestMessages {
    body: Incoming,
    buffer: BytesMut,
    gzip: bool,
    limit: usize,
}

impl RequestMessages {
    /// The messages of a body, each of at most `limit` bytes.
    pub fn new(body: Incoming, gzip: bool, limit: usize) -> RequestMessages {
        RequestMessages {
            body,
            buffer: BytesMut::new(),
            gzip,
            limit,
        }
    }

    /// Waits for the next message; `None` at the end of the stream.
    ///
    /// # Errors
    /// If the body cannot be read, or a message is invalid or too large.
    pub async fn next_message(&mut self) -> Result<Option<Bytes>, RpcError> {
        loop {
            if let Some(frame) = self.next_frame()? {
                return envelope::only_message(&frame, self.gzip, self.limit, RpcProtocol::Grpc)
                    .map(Some);
            }
            match std::future::poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)).await {
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    self.buffer.extend_from_slice(&data);
                }
                Some(Err(error)) => {
                    let why = format!("read body: {error}");
                    return Err(RpcError::new(RpcCode::Unknown, why));
                }
                None if self.buffer.is_empty() => return Ok(None),
                None => {
                    let why = "protocol error: incomplete envelope: unexpected EOF";
                    return Err(RpcError::new(RpcCode::InvalidArgument, why));
                }
            }
        }
    }

    /// The first frame of the buffer, if it is complete.
    fn next_frame(&mut self) -> Result<Option<Bytes>, RpcError> {
        let Some(([_, length @ ..], rest)) = self
            .buffer
            .split_first_chunk::<{ envelope::MESSAGE_PREFIX_LEN }>()
        else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > self.limit {
            return Err(RpcError::body_too_large(self.limit));
        }
        if length > rest.len() {
            return Ok(None);
        }
        let frame = self.buffer.split_to(envelope::MESSAGE_PREFIX_LEN + length);
        Ok(Some(frame.freeze()))
    }
}
