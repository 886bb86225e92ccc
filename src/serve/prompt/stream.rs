//! Answers in pieces, as they are sent over HTTP/1.1.
//! <https://www.rfc-editor.org/rfc/rfc9112#section-7.1>

use std::future::poll_fn;
use std::io;
use std::io::Write as _;
use std::pin::Pin;

use bytes::Bytes;
use bytes::BytesMut;
use http_body::Body as _;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;

use crate::serve::body::Body;

/// Sends the pieces of a body as they come. What the client says meanwhile is added to `read`.
///
/// # Errors
/// If the client goes away.
pub async fn send<S>(channel: &mut S, read: &mut BytesMut, mut body: Body) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let data = tokio::select! {
            biased;
            data = next(&mut body) => data,
            // Once it has said something it is asked no more: its next request waits until this one is over.
            count = channel.read_buf(read), if read.is_empty() => match count? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                _ => continue,
            },
        };
        let Some(data) = data else { break };
        channel.write_all(&chunk(&data)).await?;
        channel.flush().await?;
    }
    channel.write_all(b"0\r\n\r\n").await?;
    channel.flush().await
}

/// The next piece of a body, empty if it is something else than bytes; `None` at its end.
async fn next(body: &mut Body) -> Option<Bytes> {
    let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
    let Ok(frame) = frame;
    Some(frame.into_data().unwrap_or_default())
}

/// A piece as a chunk. One of no bytes is none: it would be the end.
fn chunk(data: &[u8]) -> Vec<u8> {
    let mut chunk = Vec::new();
    if !data.is_empty() {
        let _ = write!(chunk, "{:X}\r\n", data.len());
        chunk.extend_from_slice(data);
        chunk.extend_from_slice(b"\r\n");
    }
    chunk
}
