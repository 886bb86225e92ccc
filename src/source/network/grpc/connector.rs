//! Connectors of tonic channels: TCP to the host of a target, or a Unix socket.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::net::UnixStream;
use tower_service::Service;

use crate::source::error::kind::DnsError;

/// Connects to `host` and ignores the URI of the channel, whose `:authority` may be another name.
pub struct TcpConnector {
    /// The host's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// Connects to a socket in the file system.
pub struct UnixConnector(pub PathBuf);

type ConnectFuture<S> = Pin<Box<dyn Future<Output = io::Result<TokioIo<S>>> + Send>>;

impl Service<Uri> for TcpConnector {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = ConnectFuture<TcpStream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let (host, port) = (self.host.clone(), self.port);
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((host, port)).await;
            let addresses = addresses.map_err(|error| io::Error::other(DnsError(error)))?;
            let addresses: Vec<SocketAddr> = addresses.collect();
            let socket = TcpStream::connect(&*addresses).await?;
            socket.set_nodelay(true)?;
            Ok(TokioIo::new(socket))
        })
    }
}

impl Service<Uri> for UnixConnector {
    type Response = TokioIo<UnixStream>;
    type Error = io::Error;
    type Future = ConnectFuture<UnixStream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let path = self.0.clone();
        Box::pin(async move { UnixStream::connect(path).await.map(TokioIo::new) })
    }
}
