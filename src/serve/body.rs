//! Request bodies, read within bounds, and the bodies of our answers.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::pin::pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use bytes::BytesMut;
use http::HeaderMap;
use http_body::Body as _;
use http_body::Frame;
use http_body::SizeHint;
use hyper::body::Incoming;
use tokio::sync::mpsc;

use crate::serve::observe::Watched;
use crate::wire::error::Code;
use crate::wire::error::RpcError;

/// A piece of a stream. Boxed, because a channel keeps room for 32 of them.
pub type Piece = Box<Frame<Bytes>>;

/// A piece with these bytes.
#[expect(
    clippy::unnecessary_box_returns,
    reason = "a piece is boxed for its channel"
)]
pub fn piece(bytes: impl Into<Bytes>) -> Piece {
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
    Trailed(Bytes, Option<HeaderMap>),
    /// Pieces as they come.
    Stream(mpsc::Receiver<Piece>),
    /// The same, while someone counts them.
    Watched(mpsc::Receiver<Piece>, Box<Watched>),
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
            Body::Trailed(bytes, _) if !bytes.is_empty() => {
                Some(Frame::data(std::mem::take(bytes)))
            }
            Body::Trailed(_, trailers) => trailers.take().map(Frame::trailers),
            Body::Stream(receiver) => match receiver.poll_recv(cx) {
                Poll::Ready(piece) => piece.map(|piece| *piece),
                Poll::Pending => return Poll::Pending,
            },
            Body::Watched(receiver, watched) => match receiver.poll_recv(cx) {
                Poll::Ready(piece) => {
                    let data = piece.as_ref().and_then(|piece| piece.data_ref());
                    watched.sent(data.map_or(0, Bytes::len));
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
            Body::Trailed(bytes, trailers) => bytes.is_empty() && trailers.is_none(),
            Body::Stream(_) | Body::Watched(..) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Body::Empty => SizeHint::with_exact(0),
            Body::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Body::Trailed(..) | Body::Stream(_) | Body::Watched(..) => SizeHint::default(),
        }
    }
}

/// Reads a request's body, at most `limit` bytes (0 for any number) and not for longer than `patience`.
///
/// # Errors
/// If the body is too large, too slow, or breaks off.
pub async fn read(body: Incoming, limit: usize, patience: Duration) -> Result<Bytes, RpcError> {
    let mut reading = pin!(collect(body, limit));
    // Nearly every body is here already; a timer would cost more than reading it.
    if let Poll::Ready(read) =
        std::future::poll_fn(|cx| Poll::Ready(reading.as_mut().poll(cx))).await
    {
        return read;
    }
    match tokio::time::timeout(patience, reading).await {
        Ok(read) => read,
        Err(_) => Err(RpcError::new(
            Code::DeadlineExceeded,
            "the request body did not arrive in time",
        )),
    }
}

async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, RpcError> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = frame(&mut body).await {
        let frame =
            frame.map_err(|error| RpcError::new(Code::Unknown, format!("read body: {error}")))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if limit > 0 && first.len() + rest.len() + data.len() > limit {
            return Err(RpcError::too_large(limit));
        }
        if first.is_empty() {
            first = data;
            continue;
        }
        rest.extend_from_slice(&data);
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let mut whole = BytesMut::from(&*first);
    whole.unsplit(rest);
    Ok(whole.freeze())
}

async fn frame(body: &mut Incoming) -> Option<hyper::Result<Frame<Bytes>>> {
    std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
}
