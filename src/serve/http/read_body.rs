//! Request bodies: read completely, within a size limit and a timeout.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use bytes::Bytes;
use bytes::BytesMut;
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::Sleep;

use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// Returns true if a body of `length` bytes is within `limit` (0 means no limit).
pub fn is_within_limit(length: usize, limit: usize) -> bool {
    limit == 0 || length <= limit
}

/// Reads a request's body, at most `limit` bytes (0 means no limit) and not for longer than `timeout`.
pub fn read(body: Incoming, limit: usize, timeout: Duration) -> ReadBody {
    ReadBody {
        body,
        limit,
        timeout,
        first_frame: Bytes::new(),
        rest: BytesMut::new(),
        timer: None,
    }
}

/// A future that reads a body. Ready with the whole body, or with an error if it is too large, too slow or incomplete.
#[derive(Debug)]
pub struct ReadBody {
    body: Incoming,
    limit: usize,
    timeout: Duration,
    /// The first frame, which is nearly always the only one, and the rest.
    first_frame: Bytes,
    rest: BytesMut,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Future for ReadBody {
    type Output = Result<Bytes, RpcError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(read) = self.poll_collect(cx) {
            return Poll::Ready(read);
        }
        // Nearly every body has already arrived, and a timer would cost more than reading it.
        let timeout = self.timeout;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        timer.as_mut().poll(cx).map(|()| {
            let why = "the request body did not arrive in time";
            Err(RpcError::new(RpcCode::DeadlineExceeded, why))
        })
    }
}

impl ReadBody {
    fn poll_collect(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, RpcError>> {
        while let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            // Only the client can cause an error here, by malformed chunks or by an early end.
            let frame = frame.map_err(|error| {
                RpcError::new(RpcCode::InvalidArgument, format!("read body: {error}"))
            })?;
            if let Ok(data) = frame.into_data() {
                self.push(data)?;
            }
        }
        Poll::Ready(Ok(self.concat()))
    }

    fn push(&mut self, data: Bytes) -> Result<(), RpcError> {
        if !is_within_limit(
            self.first_frame.len() + self.rest.len() + data.len(),
            self.limit,
        ) {
            return Err(RpcError::body_too_large(self.limit));
        }
        if self.first_frame.is_empty() {
            self.first_frame = data;
        } else {
            self.rest.extend_from_slice(&data);
        }
        Ok(())
    }

    fn concat(&mut self) -> Bytes {
        let first = std::mem::take(&mut self.first_frame);
        if self.rest.is_empty() {
            return first;
        }
        let mut whole = BytesMut::from(&*first);
        whole.unsplit(std::mem::take(&mut self.rest));
        whole.freeze()
    }
}
