//! The socket of a client, with a write timeout and a lingering close.
//!
//! A client that accepts no byte for the write timeout is disconnected. When the server closes a connection, it sends
//! FIN first and reads on until the client closes its side too: the kernel would answer unread input with RST, which can
//! discard the last response before the client has read it.

use std::io;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::time::Sleep;

use crate::limits;
use crate::metric::limit_hits::Limit;
use crate::metric::registry::Metrics;
use crate::serve::listen::limit_report;
use crate::serve::listen::port_role::PortRole;

/// The limits of a socket.
#[derive(Debug, Clone)]
pub struct SocketLimits {
    /// How long the client may accept no byte.
    pub write_timeout: Duration,
    /// The port.
    pub port: PortRole,
    /// The counters of limits.
    pub metrics: Arc<Metrics>,
}

/// A socket of a client.
#[derive(Debug)]
pub struct ClientSocket<S> {
    inner: S,
    limits: SocketLimits,
    /// The end of the write timeout, while the client accepts nothing.
    write_deadline: Option<Pin<Box<Sleep>>>,
    /// True once the client has closed its side, or the connection is broken.
    read_closed: bool,
    /// Set once FIN is sent.
    linger: Option<Linger>,
}

/// The state of a lingering close.
#[derive(Debug)]
struct Linger {
    timeout: Pin<Box<Sleep>>,
    /// The bytes that are still read.
    bytes_left: u64,
}

impl<S> ClientSocket<S> {
    /// A socket that nothing was written to.
    pub fn new(inner: S, limits: SocketLimits) -> ClientSocket<S> {
        ClientSocket {
            inner,
            limits,
            write_deadline: None,
            read_closed: false,
            linger: None,
        }
    }

    /// The result of a write, or an error once the client has accepted nothing for too long.
    fn check_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_deadline = None;
            return written;
        }
        let timeout = self.limits.write_timeout;
        let deadline = self
            .write_deadline
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        ready!(deadline.as_mut().poll(cx));
        self.read_closed = true;
        let SocketLimits { port, metrics, .. } = &self.limits;
        limit_report::report(metrics, Limit::WriteTimeout, Some(*port));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> ClientSocket<S> {
    /// Discards input until the client closes its side, for a limited time and number of bytes.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let linger = self.linger.get_or_insert_with(|| Linger {
            timeout: Box::pin(tokio::time::sleep(limits::LINGER)),
            bytes_left: limits::DRAIN_MAX,
        });
        let mut discarded = [0; 1024];
        while !self.read_closed && linger.bytes_left > 0 {
            let mut buf = ReadBuf::new(&mut discarded);
            match Pin::new(&mut self.inner).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {
                    let count = buf.filled().len() as u64;
                    linger.bytes_left = linger.bytes_left.saturating_sub(count);
                }
                Poll::Ready(_) => self.read_closed = true,
                Poll::Pending => return linger.timeout.as_mut().poll(cx),
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ClientSocket<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut this.inner).poll_read(cx, buf));
        if buf.filled().len() == before && buf.remaining() > 0 {
            this.read_closed = true;
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ClientSocket<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write(cx, bytes);
        this.check_write(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write_vectored(cx, slices);
        this.check_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.inner).poll_shutdown(cx))?;
        }
        this.poll_linger(cx).map(Ok)
    }
}
