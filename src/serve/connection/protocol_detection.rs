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

use bytes::Bytes;
use bytes::BytesMut;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

use crate::serve::connection::authority_rewrite::AuthorityRewriter;
use crate::serve::connection::ping_enforcement::PingEnforcer;

/// What a client that speaks HTTP/2 from the start says first.
/// <https://www.rfc-editor.org/rfc/rfc9113#section-3.4>
const HTTP2_PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The first byte of every TLS handshake.
/// <https://www.rfc-editor.org/rfc/rfc8446#section-5.1>
const TLS_HANDSHAKE: u8 = 0x16;

/// What a client's first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireProtocol {
    /// HTTP/2.
    Http2,
    /// TLS.
    Tls,
    /// Anything else, which is HTTP/1.1 or nothing at all.
    Http1,
}

/// A connection, and what was read from it in advance.
#[derive(Debug)]
pub struct DetectedIo<S> {
    inner: S,
    /// What the client speaks.
    pub protocol: WireProtocol,
    /// What was read and not handed on.
    prefix: Bytes,
    /// Who watches over pings, where that is wanted.
    pub ping_enforcer: Option<Box<PingEnforcer>>,
    /// Who puts the authority right, where that is wanted.
    pub authority_rewriter: Option<Box<AuthorityRewriter>>,
}

impl<S: AsyncRead + Unpin> DetectedIo<S> {
    /// Waits for a client's first bytes: as many as it takes to know which version of HTTP it speaks.
    ///
    /// # Errors
    /// If the client goes away before.
    pub async fn detect(mut inner: S) -> io::Result<DetectedIo<S>> {
        let mut head = BytesMut::with_capacity(HTTP2_PREFACE.len());
        while head.len() < HTTP2_PREFACE.len() && HTTP2_PREFACE.starts_with(&head) {
            let rest = HTTP2_PREFACE.len() - head.len();
            if (&mut inner).take(rest as u64).read_buf(&mut head).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let protocol = match head.first() {
            Some(&TLS_HANDSHAKE) => WireProtocol::Tls,
            _ if *head == *HTTP2_PREFACE => WireProtocol::Http2,
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

    /// Takes back what was read last.
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
            // What follows belongs with it: hyper would double its buffer for the rest of a request. An error comes again.
            if buf.remaining() > 0 {
                let _ = Pin::new(&mut this.inner).poll_read(cx, buf);
            }
        }
        if let Some(authority) = &mut this.authority_rewriter {
            authority.rewrite(buf.filled_mut().get_mut(before..).unwrap_or(&mut []));
        }
        if let Some(calm) = &mut this.ping_enforcer {
            let read = buf.filled().get(before..).unwrap_or(&[]);
            if let Err(goaway) = calm.on_read(read) {
                // Whether it gets through is the client's affair: it is in a hurry anyway.
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
        if let Some(calm) = &mut this.ping_enforcer {
            calm.on_write(slices, count);
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
