//! Chunked transfer encoding of HTTP/1.1 responses.
//! <https://www.rfc-editor.org/rfc/rfc9112#section-7.1>

use std::io;

use bytes::Buf;
use bytes::Bytes;
use bytes::BytesMut;
use http_body_util::BodyExt as _;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;

use crate::serve::http::body::Body;

/// Sends the frames of a body as they become available, and buffers the bytes of the client's next request in `read`.
///
/// # Errors
/// If the client disconnects.
pub async fn send_chunked<S>(io: &mut S, read: &mut BytesMut, mut body: Body) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let data = tokio::select! {
            biased;
            data = next_data(&mut body) => data,
            // One read is enough: the next request waits until this response has ended.
            count = io.read_buf(read), if read.is_empty() => match count? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                _ => continue,
            },
        };
        let Some(data) = data else { break };
        // An empty chunk would end the body.
        if !data.is_empty() {
            io.write_all_buf(&mut encode_chunk(data)).await?;
            io.flush().await?;
        }
    }
    io.write_all(b"0\r\n\r\n").await?;
    io.flush().await
}

/// The data of the next frame, empty if it has none; `None` at the end of the body.
async fn next_data(body: &mut Body) -> Option<Bytes> {
    let Ok(frame) = body.frame().await?;
    Some(frame.into_data().unwrap_or_default())
}

/// Encodes data as a chunk, without copying it: all streams that send a change share its bytes.
fn encode_chunk(data: Bytes) -> impl Buf {
    let size = Bytes::from(format!("{:X}\r\n", data.len()));
    size.chain(data).chain(&b"\r\n"[..])
}
