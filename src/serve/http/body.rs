//! Request bodies, read within bounds, and the bodies of our answers.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use bytes::Bytes;
use bytes::BytesMut;
use http::HeaderMap;
use http_body::Body as _;
use http_body::Frame;
use http_body::SizeHint;
use hyper::body::Incoming;
use tokio::sync::mpsc;
use tokio::time::Sleep;

use crate::serve::http::instrumentation::InFlightRequest;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// A piece of a stream. Boxed, because a channel keeps room for 32 of them.
pub type BoxedFrame = Box<Frame<Bytes>>;

/// A piece with these bytes.
#[expect(
    clippy::unnecessary_box_returns,
    reason = "a piece is boxed for its channel"
)]
pub fn data_frame(bytes: impl Into<Bytes>) -> BoxedFrame {
    Box::new(Frame::data(bytes.into()))
}

/// The body of an answer.
#[derive(Debug)]
pub enum Body {
    /// Nothing, or nothing more.
    Empty,
    /// One piece.
    Full(Bytes),
    /// One piece, and trailers behind it.
    WithTrailers(Bytes, Option<HeaderMap>),
    /// Pieces as they come.
    Stream(mpsc::Receiver<BoxedFrame>),
    /// The same, while someone counts them.
    Instrumented(mpsc::Receiver<BoxedFrame>, Box<InFlightRequest>),
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = match &mut *self {
            Body::Empty => None,
            Body::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                *self = Body::Empty;
                Some(Frame::data(bytes))
            }
            Body::WithTrailers(bytes, _) if !bytes.is_empty() => {
                Some(Frame::data(std::mem::take(bytes)))
            }
            Body::WithTrailers(_, trailers) => trailers.take().map(Frame::trailers),
            Body::Stream(receiver) => match receiver.poll_recv(cx) {
                Poll::Ready(piece) => piece.map(|piece| *piece),
                Poll::Pending => return Poll::Pending,
            },
            Body::Instrumented(receiver, watched) => match receiver.poll_recv(cx) {
                Poll::Ready(piece) => {
                    let data = piece.as_ref().and_then(|piece| piece.data_ref());
                    watched.add_sent_bytes(data.map_or(0, Bytes::len));
                    piece.map(|piece| *piece)
                }
                Poll::Pending => return Poll::Pending,
            },
        };
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Body::Empty => true,
            Body::Full(bytes) => bytes.is_empty(),
            Body::WithTrailers(bytes, trailers) => bytes.is_empty() && trailers.is_none(),
            Body::Stream(_) | Body::Instrumented(..) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Body::Empty => SizeHint::with_exact(0),
            Body::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Body::WithTrailers(..) | Body::Stream(_) | Body::Instrumented(..) => {
                SizeHint::default()
            }
        }
    }
}

/// Whether a body of `length` bytes is within `limit` (0 for any number).
pub fn is_within_limit(length: usize, limit: usize) -> bool {
    limit == 0 || length <= limit
}

/// Reads a request's body, at most `limit` bytes (0 for any number) and not for longer than `patience`.
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

/// A body that comes in. Ready with all of it, or with an error if it is too large, too slow, or breaks off.
#[derive(Debug)]
pub struct ReadBody {
    body: Incoming,
    limit: usize,
    timeout: Duration,
    /// The first piece, which is nearly always the only one, and what came behind it.
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
        // Nearly every body is here at once; a timer would cost more than reading it.
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
            let frame = frame
                .map_err(|error| RpcError::new(RpcCode::Unknown, format!("read body: {error}")))?;
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
