//! Where a port listens: on TCP or on a Unix socket.

mod unix;

use std::fmt;
use std::io;
use std::io::ErrorKind;
use std::io::IoSlice;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use socket2::SockRef;
use socket2::TcpKeepalive;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::net::UnixListener;
use tokio::net::UnixStream;

use crate::limits;
pub use crate::serve::socket::unix::Entry;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A TCP port, 0 for any that is free; of one address, or of all interfaces.
    Port(Option<IpAddr>, u16),
    /// A Unix socket. On Linux a name that begins with `@` is in no directory, as in Go.
    Socket(PathBuf),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Port(None, port) => write!(f, "port {port}"),
            Place::Port(Some(address), port) => write!(f, "{}", SocketAddr::new(*address, *port)),
            Place::Socket(path) => write!(f, "socket {}", path.display()),
        }
    }
}

/// A bound socket.
#[derive(Debug)]
pub enum Listener {
    /// On TCP.
    Tcp(TcpListener),
    /// On a Unix socket, which may be a file.
    Unix(UnixListener, Option<Entry>),
}

impl Listener {
    /// Binds a place. A Unix socket that nobody answers on any more, as a killed process leaves it, is replaced.
    ///
    /// # Errors
    /// If the place is taken or may not be used.
    pub async fn bind(place: &Place) -> io::Result<Listener> {
        match place {
            Place::Port(Some(address), port) => TcpListener::bind((*address, *port))
                .await
                .map(Listener::Tcp),
            Place::Port(None, port) => every_interface(*port).await.map(Listener::Tcp),
            Place::Socket(path) => {
                let (listener, entry) = unix::bind(path)?;
                Ok(Listener::Unix(listener, entry))
            }
        }
    }

    /// The TCP port.
    pub fn port(&self) -> Option<u16> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().ok().map(|address| address.port()),
            Listener::Unix(..) => None,
        }
    }

    /// The next connection.
    ///
    /// # Errors
    /// Usually when the process is out of file descriptors.
    pub async fn accept(&self) -> io::Result<Socket> {
        match self {
            Listener::Tcp(listener) => {
                let (socket, _) = listener.accept().await?;
                tune(&socket);
                Ok(Socket::Tcp(socket))
            }
            Listener::Unix(listener, _) => Ok(Socket::Unix(listener.accept().await?.0)),
        }
    }
}

/// All interfaces, IPv6 and IPv4 alike where the system has both.
async fn every_interface(port: u16) -> io::Result<TcpListener> {
    match TcpListener::bind(SocketAddr::from(([0_u16; 8], port))).await {
        Err(error) if error.kind() != ErrorKind::AddrInUse => {
            TcpListener::bind(SocketAddr::from(([0_u8; 4], port))).await
        }
        bound => bound,
    }
}

fn tune(socket: &TcpStream) {
    // Without it small answers wait for the client's acknowledgement.
    let _ = socket.set_nodelay(true);
    // A peer that is gone without a word gives its place back. The kernel notices; pings of HTTP/2's own would cost a
    // tenth of every call.
    let keep_alive = TcpKeepalive::new()
        .with_time(limits::PEER_SILENCE)
        .with_interval(limits::PEER_SILENCE);
    let _ = SockRef::from(socket).set_tcp_keepalive(&keep_alive);
}

/// One connection.
#[derive(Debug)]
pub enum Socket {
    /// On TCP.
    Tcp(TcpStream),
    /// On a Unix socket.
    Unix(UnixStream),
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_read(cx, buf),
            Socket::Unix(socket) => Pin::new(socket).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_write(cx, bytes),
            Socket::Unix(socket) => Pin::new(socket).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
            Socket::Unix(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_flush(cx),
            Socket::Unix(socket) => Pin::new(socket).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Socket::Tcp(socket) => Pin::new(socket).poll_shutdown(cx),
            Socket::Unix(socket) => Pin::new(socket).poll_shutdown(cx),
        }
    }
}
