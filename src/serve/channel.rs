//! A connection whose first bytes were looked at already.
//!
//! They tell what the client speaks: TLS or not, HTTP/1.1 or HTTP/2. hyper could find out about the latter itself, but
//! it would wait for a silent client for ever.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

use crate::serve::authority::Authority;
use crate::serve::calm::Calm;

/// What a client that speaks HTTP/2 from the start says first.
/// <https://www.rfc-editor.org/rfc/rfc9113#section-3.4>
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The first byte of every TLS handshake.
/// <https://www.rfc-editor.org/rfc/rfc8446#section-5.1>
const HANDSHAKE: u8 = 0x16;

/// A connection, and what was read from it in advance.
#[derive(Debug)]
pub struct Channel<S> {
    inner: S,
    head: [u8; PREFACE.len()],
    /// How much of the head there is.
    end: usize,
    /// How much of it was handed on.
    at: usize,
    /// Who watches over pings, where that is wanted.
    pub calm: Option<Box<Calm>>,
    /// Who puts the authority right, where that is wanted.
    pub authority: Option<Box<Authority>>,
}

impl<S: AsyncRead + Unpin> Channel<S> {
    /// Waits for a client's first bytes: as many as it takes to know which version of HTTP it speaks.
    ///
    /// # Errors
    /// If the client goes away before.
    pub async fn open(inner: S) -> io::Result<Channel<S>> {
        let (head, calm) = ([0; PREFACE.len()], None);
        let mut channel = Channel {
            inner,
            head,
            end: 0,
            at: 0,
            calm,
            authority: None,
        };
        while channel.end < PREFACE.len() && PREFACE.starts_with(channel.head()) {
            let free = channel.head.get_mut(channel.end..).unwrap_or(&mut []);
            match channel.inner.read(free).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => channel.end += count,
            }
        }
        Ok(channel)
    }

    fn head(&self) -> &[u8] {
        self.head.get(..self.end).unwrap_or(&[])
    }

    /// Whether the client speaks HTTP/2.
    pub fn is_http2(&self) -> bool {
        self.head() == PREFACE
    }

    /// Whether the client speaks TLS.
    pub fn is_tls(&self) -> bool {
        self.head().first() == Some(&HANDSHAKE)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Channel<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let head = this.head.get(this.at..this.end).unwrap_or(&[]);
        if head.is_empty() {
            ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        } else {
            let count = head.len().min(buf.remaining());
            buf.put_slice(head.get(..count).unwrap_or(&[]));
            this.at += count;
            // What follows belongs with it: hyper would double its buffer for the rest of a request. An error comes again.
            if buf.remaining() > 0 {
                let _ = Pin::new(&mut this.inner).poll_read(cx, buf);
            }
        }
        if let Some(authority) = &mut this.authority {
            authority.mend(buf.filled_mut().get_mut(before..).unwrap_or(&mut []));
        }
        if let Some(calm) = &mut this.calm {
            let read = buf.filled().get(before..).unwrap_or(&[]);
            if let Err(goaway) = calm.read(read) {
                // Whether it gets through is the client's affair: it is in a hurry anyway.
                let _ = Pin::new(&mut this.inner).poll_write(cx, &goaway);
                let _ = Pin::new(&mut this.inner).poll_flush(cx);
                return Poll::Ready(Err(io::Error::other("too many pings")));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Channel<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let count = ready!(Pin::new(&mut this.inner).poll_write_vectored(cx, slices))?;
        if let Some(calm) = &mut this.calm {
            calm.wrote(slices, count);
        }
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
