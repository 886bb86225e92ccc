//! Detects TLS, HTTP/2 or HTTP/1.1 from the first bytes of a connection, and replays these bytes to the next reader.
//!
//! hyper could detect the version of HTTP itself, but it would wait for a silent client without a timeout.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use bytes::Bytes;
use bytes::BytesMut;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

use crate::serve::connection::authority_rewrite::AuthorityRewriter;
use crate::serve::connection::http2_frame::PREFACE;
use crate::serve::connection::ping_enforcement::PingEnforcer;

/// The first byte of every TLS handshake.
/// <https://www.rfc-editor.org/rfc/rfc8446#section-5.1>
const TLS_HANDSHAKE: u8 = 0x16;

/// The protocol that a client's first bytes belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireProtocol {
    /// HTTP/2.
    Http2,
    /// TLS.
    Tls,
    /// Anything else: HTTP/1.1, or invalid.
    Http1,
}

/// A connection, and the bytes that were read from it for the detection.
#[derive(Debug)]
pub struct DetectedIo<S> {
    inner: S,
    /// The protocol of the client.
    pub protocol: WireProtocol,
    /// The bytes that were read and are not replayed yet.
    prefix: Bytes,
    /// Closes the connection after too many pings, if that is enforced.
    pub ping_enforcer: Option<Box<PingEnforcer>>,
    /// Rewrites invalid authorities, on a Unix socket.
    pub authority_rewriter: Option<Box<AuthorityRewriter>>,
}

impl<S: AsyncRead + Unpin> DetectedIo<S> {
    /// Reads a client's first bytes, as many as are needed to detect its protocol.
    ///
    /// # Errors
    /// If the client disconnects before that.
    pub async fn detect(mut inner: S) -> io::Result<DetectedIo<S>> {
        let mut head = BytesMut::with_capacity(PREFACE.len());
        while head.len() < PREFACE.len() && PREFACE.starts_with(&head) {
            let rest = PREFACE.len() - head.len();
            if (&mut inner).take(rest as u64).read_buf(&mut head).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let protocol = match head.first() {
            Some(&TLS_HANDSHAKE) => WireProtocol::Tls,
            _ if *head == *PREFACE => WireProtocol::Http2,
            _ => WireProtocol::Http1,
        };
        Ok(DetectedIo {
            inner,
            protocol,
            prefix: head.freeze(),
            ping_enforcer: None,
            authority_rewriter: None,
        })
    }

    /// Puts back bytes that were read, so that they are replayed before the prefix.
    pub fn unread(&mut self, mut bytes: BytesMut) {
        bytes.extend_from_slice(&self.prefix);
        self.prefix = bytes.freeze();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for DetectedIo<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        if this.prefix.is_empty() {
            ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        } else {
            let count = this.prefix.len().min(buf.remaining());
            buf.put_slice(&this.prefix.split_to(count));
            // Read on into the same buffer: hyper would double it for the rest of a request. An error recurs on the
            // next read.
            if buf.remaining() > 0 {
                let _ = Pin::new(&mut this.inner).poll_read(cx, buf);
            }
        }
        if let Some(rewriter) = &mut this.authority_rewriter {
            rewriter.rewrite(buf.filled_mut().get_mut(before..).unwrap_or(&mut []));
        }
        if let Some(enforcer) = &mut this.ping_enforcer {
            let read = buf.filled().get(before..).unwrap_or(&[]);
            if let Err(goaway) = enforcer.on_read(read) {
                // Best effort: the connection is closed whether the frame arrives or not.
                let _ = Pin::new(&mut this.inner).poll_write(cx, &goaway);
                let _ = Pin::new(&mut this.inner).poll_flush(cx);
                return Poll::Ready(Err(io::Error::other("too many pings")));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for DetectedIo<S> {
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
        if let Some(enforcer) = &mut this.ping_enforcer {
            enforcer.on_write(slices, count);
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
