//! Response heads of HTTP/1.1: status line, headers and date, by the kind of the body.

use bytes::Bytes;
use http::HeaderValue;
use http::Response;
use http::StatusCode;
use http::response::Parts;

use crate::serve::http::body::Body;

/// The body of a response.
pub enum ResponseBody {
    /// One buffer.
    Buffered(Bytes),
    /// Frames, sent as they become available.
    Streamed(Body),
}

/// Splits a response into head and body. `None` if it has trailers, or a status without a body.
pub fn split_response(response: Response<Body>) -> Option<(Parts, ResponseBody)> {
    let (head, body) = response.into_parts();
    let bodiless = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&head.status);
    let content = match body {
        Body::Full(bytes) => ResponseBody::Buffered(bytes),
        Body::Empty => ResponseBody::Buffered(Bytes::new()),
        Body::Stream(_) | Body::Instrumented(..) => ResponseBody::Streamed(body),
        Body::WithTrailers(..) => return None,
    };
    (!bodiless).then_some((head, content))
}

/// Writes the head of a response.
pub fn write_head(
    out: &mut Vec<u8>,
    head: &Parts,
    content: &ResponseBody,
    connection: &ConnectionHeaders<'_>,
) {
    let mut put = |pieces: &[&[u8]]| pieces.iter().for_each(|piece| out.extend_from_slice(piece));
    let reason = head.status.canonical_reason().unwrap_or("<none>");
    put(&[
        b"HTTP/1.1 ",
        head.status.as_str().as_bytes(),
        b" ",
        reason.as_bytes(),
        b"\r\n",
    ]);
    for (name, value) in &head.headers {
        put(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"]);
    }
    match content {
        ResponseBody::Buffered(bytes) => {
            put(&[b"content-length: ", bytes.len().to_string().as_bytes()]);
        }
        ResponseBody::Streamed(_) => put(&[b"transfer-encoding: chunked"]),
    }
    if connection.close {
        put(&[b"\r\nconnection: close"]);
    }
    put(&[b"\r\ndate: ", connection.date.as_bytes(), b"\r\n\r\n"]);
}

/// The headers that depend on the connection.
pub struct ConnectionHeaders<'c> {
    /// The value of `Date`.
    pub date: &'c HeaderValue,
    /// True if the connection is closed after this response.
    pub close: bool,
}
