//! The connector of tonic channels: TCP to the host of a target, through a proxy if there is one, or a Unix socket; and
//! TLS on that connection.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use http::Uri;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::net::UnixStream;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use crate::http_client::proxy::ProxyServer;
use crate::source::error::kind::DnsError;
use crate::source::spec::DialAddress;

/// Connects to an address and ignores the URI of the channel, whose `:authority` may be another name.
#[derive(Clone)]
pub struct Connector {
    /// The address of the service.
    pub address: DialAddress,
    /// The proxy to a TCP address.
    pub proxy: Option<ProxyServer>,
    /// TLS, unless the connection is plain text.
    pub tls: Option<TlsSettings>,
}

/// The TLS of a connection.
#[derive(Clone)]
pub struct TlsSettings {
    /// The certificates that are trusted.
    pub connector: TlsConnector,
    /// The name that the server's certificate must have.
    pub server_name: ServerName<'static>,
}

/// A connection of any kind.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

type ConnectFuture<S> = Pin<Box<dyn Future<Output = io::Result<TokioIo<S>>> + Send>>;

impl Service<Uri> for Connector {
    type Response = TokioIo<Box<dyn Connection>>;
    type Error = io::Error;
    type Future = ConnectFuture<Box<dyn Connection>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect().await.map(TokioIo::new) })
    }
}

impl Connector {
    async fn connect(self) -> io::Result<Box<dyn Connection>> {
        let socket: Box<dyn Connection> = match (self.address, self.proxy) {
            (DialAddress::Unix(path), _) => Box::new(UnixStream::connect(path).await?),
            (DialAddress::Tcp { host, port }, None) => Box::new(connect_tcp(&host, port).await?),
            (DialAddress::Tcp { host, port }, Some(proxy)) => {
                Box::new(connect_through(proxy, &host, port).await?)
            }
        };
        let Some(tls) = self.tls else {
            return Ok(socket);
        };
        let stream = tls.connector.connect(tls.server_name, socket).await?;
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(io::Error::other(
                "the server does not offer HTTP/2 over TLS",
            ));
        }
        Ok(Box::new(stream))
    }
}

async fn connect_tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let addresses = tokio::net::lookup_host((host, port)).await;
    let addresses = addresses.map_err(|error| io::Error::other(DnsError(error)))?;
    let addresses: Vec<SocketAddr> = addresses.collect();
    let socket = TcpStream::connect(&*addresses).await?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

/// Connects to a host through a proxy, which resolves its name. As in gRPC, the connection to the proxy is plain text,
/// whatever the scheme of its URL.
async fn connect_through(proxy: ProxyServer, host: &str, port: u16) -> io::Result<TcpStream> {
    let bracketed = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let target = Uri::try_from(format!("http://{bracketed}:{port}")).map_err(io::Error::other)?;
    let mut tunnel = Tunnel::new(
        Uri::from_static("http://proxy"),
        ProxyConnector(proxy.clone()),
    );
    if let Some(header) = proxy.authorization {
        tunnel = tunnel.with_auth(header);
    }
    let connected = tunnel.call(target).await;
    connected.map(TokioIo::into_inner).map_err(io::Error::other)
}

/// Connects to a proxy.
struct ProxyConnector(ProxyServer);

impl Service<Uri> for ProxyConnector {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = ConnectFuture<TcpStream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let proxy = self.0.clone();
        Box::pin(async move {
            let (host, port) = proxy.address();
            connect_tcp(host, port).await.map(TokioIo::new)
        })
    }
}
