//! The HTTP/1.1 fast path: answers complete, simple requests, and hands the connection to hyper at the first other one.
//!
//! hyper supports all of HTTP/1.1: chunked requests, expectations, upgrades, slow requests. That costs more than an
//! evaluation, whose messages have a few hundred bytes, and its buffers take more memory than a mostly idle stream.
//! Therefore a connection starts here. It is handed to hyper permanently, with all unanswered bytes, at the first
//! request that is not simple or cannot be answered at once. Both places use the same handler.

use std::io;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use bytes::BytesMut;
use http::HeaderValue;
use http::request;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;
use tokio::task::coop;
use tokio::time::Instant;

use crate::limits::FAST_PATH_BODY_WAIT;
use crate::limits::FAST_PATH_HEAD;
use crate::limits::REQUEST_TIME_SLICE;
use crate::serve::connection::http1::chunked_response;
use crate::serve::connection::http1::request_head;
use crate::serve::connection::http1::request_head::ParsedRequest;
use crate::serve::connection::http1::response_head;
use crate::serve::connection::http1::response_head::ConnectionHeaders;
use crate::serve::connection::http1::response_head::ResponseBody;
use crate::serve::connection::protocol_detection::DetectedIo;
use crate::serve::http::body::Body;
use crate::serve::http::date;
use crate::serve::http::handler::Handler;
use crate::serve::shutdown_watch;

/// The buffer space for each read, in bytes: nearly every request is shorter.
const READ_CHUNK: usize = 2048;
/// The number of buffered response bytes that triggers a flush.
const FLUSH_AT: usize = 16 * 1024;

/// The limits of a connection's requests.
#[derive(Debug, Clone, Copy)]
pub struct Http1Limits {
    /// The timeout for the arrival of a request.
    pub read_timeout: Duration,
    /// How long the connection is kept at shutdown for a request that the client is just sending.
    pub drain_wait: Duration,
    /// The largest head, in bytes.
    pub max_head: usize,
}

/// Answers the requests of a connection as long as they are simple. Returns the connection at the first other request,
/// and `None` after its end, after the read timeout or at shutdown. After shutdown begins, the next response announces
/// that the connection is closed; without a request, it is closed after a short wait.
///
/// # Errors
/// If the connection breaks.
pub async fn serve<S, A>(
    io: DetectedIo<S>,
    handler: &A,
    limits: Http1Limits,
    shutdown: &mut watch::Receiver<bool>,
) -> io::Result<Option<DetectedIo<S>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
    A: Handler,
{
    let mut connection = Http1Connection::new(io, handler, limits, shutdown.clone());
    let mut shutdown = pin!(shutdown_watch::requested(shutdown));
    let mut draining = false;
    // One timer for all requests: when it fires, it is reset according to the time of the last response.
    let mut timer = pin!(tokio::time::sleep(limits.read_timeout));
    loop {
        connection.reserve();
        let waited_for_body = connection.request_length.is_some();
        tokio::select! {
            biased;
            count = connection.io.read_buf(&mut connection.read_buffer) => match count? {
                0 => break,
                _ if !connection.handle_buffered().await? => return Ok(Some(connection.hand_over())),
                _ if connection.announced_close => break,
                // hyper limits the time of a body; it gets the request before much of that time has passed.
                _ if connection.request_length.is_some() && !waited_for_body => {
                    timer.as_mut().reset(Instant::now() + FAST_PATH_BODY_WAIT);
                }
                _ => {}
            },
            () = &mut shutdown, if !draining => {
                draining = true;
                timer.as_mut().reset(Instant::now() + limits.drain_wait);
            }
            () = timer.as_mut() => match connection.last_response_at + limits.read_timeout {
                _ if connection.request_length.is_some() => break,
                due if due > Instant::now() && connection.is_expected(draining) => {
                    timer.as_mut().reset(due);
                }
                _ => break,
            },
        }
    }
    if connection.request_length.is_some() {
        return Ok(Some(connection.hand_over()));
    }
    connection.io.shutdown().await?;
    Ok(None)
}

/// The outcome of a request.
enum RequestOutcome {
    /// The response head is written, and this is the body.
    Responded(ResponseBody),
    /// The request has not arrived completely.
    Incomplete,
    /// The request is left to hyper.
    HandOver,
}

/// A connection, its buffers and its current request.
struct Http1Connection<'a, S, A> {
    io: DetectedIo<S>,
    handler: &'a A,
    /// The largest head, in bytes.
    max_head: usize,
    /// Bytes that are not answered yet.
    read_buffer: BytesMut,
    /// The length of the next request, if its head has arrived.
    request_length: Option<usize>,
    /// The last request. The next one reuses its memory.
    request: request::Parts,
    /// The time of the last response.
    last_response_at: Instant,
    /// Responses that are not sent yet.
    write_buffer: Vec<u8>,
    date: HeaderValue,
    /// The shutdown, which the next response announces.
    shutdown: watch::Receiver<bool>,
    /// True once a response has announced that the connection is closed.
    announced_close: bool,
    /// The start of the time slice of the requests that are buffered.
    slice_started: Instant,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin, A: Handler> Http1Connection<'a, S, A> {
    fn new(
        io: DetectedIo<S>,
        handler: &'a A,
        limits: Http1Limits,
        shutdown: watch::Receiver<bool>,
    ) -> Http1Connection<'a, S, A> {
        Http1Connection {
            io,
            handler,
            max_head: limits.max_head.min(FAST_PATH_HEAD),
            read_buffer: BytesMut::new(),
            request_length: None,
            request: empty_request(),
            last_response_at: Instant::now(),
            write_buffer: Vec::new(),
            date: date::header_value(),
            shutdown,
            announced_close: false,
            slice_started: Instant::now(),
        }
    }

    /// Returns true if the connection waits for a request. While draining, only for one that has begun to arrive.
    fn is_expected(&self, draining: bool) -> bool {
        !draining || !self.read_buffer.is_empty()
    }

    /// Makes room for the next read: for the rest of a request whose length is known, but for no more than a few times of
    /// what has arrived.
    fn reserve(&mut self) {
        let received = self.read_buffer.len();
        let rest = self.request_length.unwrap_or(0).saturating_sub(received);
        let most = received.saturating_mul(4);
        self.read_buffer.reserve(rest.min(most).max(READ_CHUNK));
    }

    /// Answers the buffered requests. Returns false if one of them is left to hyper.
    async fn handle_buffered(&mut self) -> io::Result<bool> {
        self.date = date::header_value();
        self.slice_started = Instant::now();
        let simple = loop {
            match self.handle_next() {
                RequestOutcome::Responded(content) => {
                    match content {
                        ResponseBody::Buffered(body) => self.write_body(body).await?,
                        ResponseBody::Streamed(body) => self.stream_body(body).await?,
                    }
                    self.last_response_at = Instant::now();
                    if self.announced_close {
                        break true;
                    }
                    self.yield_if_due().await;
                }
                RequestOutcome::Incomplete => break true,
                RequestOutcome::HandOver => break false,
            }
        };
        self.flush().await?;
        Ok(simple)
    }

    /// Answers the next request.
    fn handle_next(&mut self) -> RequestOutcome {
        if self
            .request_length
            .is_some_and(|length| self.read_buffer.len() < length)
        {
            return RequestOutcome::Incomplete;
        }
        self.request_length = None;
        let (head, whole) =
            match request_head::parse_next(&mut self.read_buffer, self.max_head, &mut self.request)
            {
                ParsedRequest::Complete {
                    head_length: head,
                    bytes: whole,
                } => (head, whole),
                ParsedRequest::Partial {
                    request_length: wanted,
                } => {
                    self.request_length = wanted;
                    return RequestOutcome::Incomplete;
                }
                ParsedRequest::NotSimple => return RequestOutcome::HandOver,
            };
        let response = self
            .handler
            .try_handle_now(&mut self.request, &whole.slice(head..));
        let Some((head, content)) = response.and_then(response_head::split_response) else {
            request_head::put_back(&mut self.read_buffer, &whole);
            return RequestOutcome::HandOver;
        };
        // Pipelined requests are answered first.
        self.announced_close = self.read_buffer.is_empty() && *self.shutdown.borrow();
        let connection = ConnectionHeaders {
            date: &self.date,
            close: self.announced_close,
        };
        response_head::write_head(&mut self.write_buffer, &head, &content, &connection);
        RequestOutcome::Responded(content)
    }

    /// Buffers the body of a response, and sends the buffer if it is large enough.
    async fn write_body(&mut self, body: Bytes) -> io::Result<()> {
        if body.len() < FLUSH_AT {
            self.write_buffer.extend_from_slice(&body);
        } else {
            self.flush().await?;
            self.io.write_all(&body).await?;
        }
        if self.write_buffer.len() >= FLUSH_AT {
            self.flush().await?;
        }
        Ok(())
    }

    /// Yields to other tasks after a time slice, even if many requests arrived at once.
    async fn yield_if_due(&mut self) {
        coop::consume_budget().await;
        if !self.read_buffer.is_empty()
            && self.last_response_at - self.slice_started >= REQUEST_TIME_SLICE
        {
            tokio::task::yield_now().await;
            self.slice_started = Instant::now();
        }
    }

    /// Sends a stream, and frees the request buffers while it lasts.
    async fn stream_body(&mut self, body: Body) -> io::Result<()> {
        self.flush().await?;
        self.write_buffer = Vec::new();
        self.request = empty_request();
        self.read_buffer = BytesMut::from(&*self.read_buffer);
        chunked_response::send_chunked(&mut self.io, &mut self.read_buffer, body).await?;
        self.date = date::header_value();
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.io.write_all(&self.write_buffer).await?;
        self.write_buffer.clear();
        self.io.flush().await
    }

    /// The connection, with the bytes that are not answered.
    fn hand_over(self) -> DetectedIo<S> {
        let mut io = self.io;
        io.unread(self.read_buffer);
        io
    }
}

/// A request without path, headers and body.
fn empty_request() -> request::Parts {
    http::Request::new(()).into_parts().0
}

#[cfg(test)]
mod tests;
