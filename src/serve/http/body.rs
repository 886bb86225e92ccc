//! Response bodies: empty, one buffer with or without trailers, or a stream of frames.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use http_body::SizeHint;
use tokio::sync::mpsc;

use crate::serve::http::in_flight::InFlightRequest;

/// A frame of a stream. Boxed, because a channel allocates slots for 32 frames at once.
pub type BoxedFrame = Box<Frame<Bytes>>;

/// A data frame with these bytes.
pub fn data_frame(bytes: impl Into<Bytes>) -> BoxedFrame {
    Box::new(Frame::data(bytes.into()))
}

/// The body of a response.
#[derive(Debug)]
pub enum Body {
    /// No data, or all data has been sent.
    Empty,
    /// One buffer.
    Full(Bytes),
    /// One buffer, and trailers after it.
    WithTrailers(Bytes, Option<HeaderMap>),
    /// Frames, sent as they become available.
    Stream(mpsc::Receiver<BoxedFrame>),
    /// The same, with the request that counts the sent bytes.
    Instrumented(mpsc::Receiver<BoxedFrame>, Box<InFlightRequest>),
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = match &mut *self {
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
                Poll::Ready(frame) => frame.map(|frame| *frame),
                Poll::Pending => return Poll::Pending,
            },
            Body::Instrumented(receiver, request) => match receiver.poll_recv(cx) {
                Poll::Ready(frame) => {
                    let data = frame.as_ref().and_then(|frame| frame.data_ref());
                    request.add_sent_bytes(data.map_or(0, Bytes::len));
                    frame.map(|frame| *frame)
                }
                Poll::Pending => return Poll::Pending,
            },
        };
        Poll::Ready(next.map(Ok))
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
