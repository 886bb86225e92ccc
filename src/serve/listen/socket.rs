//! Listening sockets and accepted connections, over TCP or a Unix socket.

use std::io;
use std::io::ErrorKind;
use std::io::IoSlice;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

#[cfg(target_os = "linux")]
use socket2::SockFilter;
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
use crate::serve::listen::addr::ListenAddr;
use crate::serve::listen::unix;
use crate::serve::listen::unix::SocketFile;

/// A bound socket.
#[derive(Debug)]
pub enum Listener {
    /// A TCP socket.
    Tcp(TcpListener),
    /// A Unix socket, with its file unless it is abstract.
    Unix(UnixListener, Option<SocketFile>),
}

impl Listener {
    /// Binds an address. A stale Unix socket, left by a killed process, is replaced.
    ///
    /// # Errors
    /// If the address is taken or not permitted.
    pub async fn bind(addr: &ListenAddr) -> io::Result<Listener> {
        let listener = match addr {
            ListenAddr::Tcp(Some(address), port) => TcpListener::bind((*address, *port)).await?,
            ListenAddr::Tcp(None, port) => bind_all_interfaces(*port).await?,
            ListenAddr::Unix(path) => {
                let (listener, entry) = unix::bind(path)?;
                return Ok(Listener::Unix(listener, entry));
            }
        };
        limit_unacknowledged_time(&listener);
        Ok(Listener::Tcp(listener))
    }

    /// The TCP port.
    pub fn port(&self) -> Option<u16> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().ok().map(|address| address.port()),
            Listener::Unix(..) => None,
        }
    }

    /// Accepts the next connection.
    ///
    /// # Errors
    /// Usually because the process is out of file descriptors.
    pub async fn accept(&self) -> io::Result<SocketStream> {
        match self {
            Listener::Tcp(listener) => {
                let (socket, _) = listener.accept().await?;
                set_socket_options(&socket);
                Ok(SocketStream::Tcp(socket))
            }
            Listener::Unix(listener, _) => Ok(SocketStream::Unix(listener.accept().await?.0)),
        }
    }

    /// Stops listening. Returns the connections that the kernel has established, including those of which the runtime
    /// has no event yet: the kernel would reset them, and their clients would lose a request.
    pub async fn close(self) -> Vec<SocketStream> {
        match self {
            Listener::Tcp(listener) => close_tcp(listener).await,
            Listener::Unix(listener, file) => {
                // Without its file, no client can connect after the last one was accepted.
                drop(file);
                close_unix(listener)
            }
        }
        .unwrap_or_default()
    }
}

async fn close_tcp(listener: TcpListener) -> io::Result<Vec<SocketStream>> {
    let listener = listener.into_std()?;
    drop_syns(&listener);
    let mut accept = || {
        let (socket, _) = listener.accept()?;
        socket.set_nonblocking(true)?;
        let socket = TcpStream::from_std(socket)?;
        set_socket_options(&socket);
        Ok(SocketStream::Tcp(socket))
    };
    let mut accepted = accept_all(&mut accept);
    tokio::time::sleep(limits::HANDSHAKE_WAIT).await;
    accepted.extend(accept_all(&mut accept));
    Ok(accepted)
}

fn close_unix(listener: UnixListener) -> io::Result<Vec<SocketStream>> {
    let listener = listener.into_std()?;
    Ok(accept_all(|| {
        let (socket, _) = listener.accept()?;
        socket.set_nonblocking(true)?;
        UnixStream::from_std(socket).map(SocketStream::Unix)
    }))
}

/// Makes the kernel begin no further handshake, so that no client connects between the last `accept` and the end of the
/// socket. The client's SYN is lost; the next one, a second later, is refused. Handshakes that have begun are completed.
#[cfg(target_os = "linux")]
fn drop_syns(listener: &std::net::TcpListener) {
    /// Keeps nothing of a packet whose flags (byte 13 of the TCP header) have SYN without ACK, and all of others.
    /// <https://www.kernel.org/doc/html/latest/networking/filter.html>
    const FILTER: [SockFilter; 5] = [
        SockFilter::new(0x30, 0, 0, 13),
        SockFilter::new(0x54, 0, 0, 0x12),
        SockFilter::new(0x15, 0, 1, 0x02),
        SockFilter::new(0x06, 0, 0, 0),
        SockFilter::new(0x06, 0, 0, u32::MAX),
    ];
    // Without the filter, a client that connects before the socket ends is reset.
    let _ = SockRef::from(listener).attach_filter(&FILTER);
}

#[cfg(not(target_os = "linux"))]
fn drop_syns(_: &std::net::TcpListener) {}

/// Accepts connections until none is left.
fn accept_all(mut accept: impl FnMut() -> io::Result<SocketStream>) -> Vec<SocketStream> {
    let mut accepted = Vec::new();
    loop {
        match accept() {
            Ok(socket) => accepted.push(socket),
            // A client that has left again.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return accepted,
        }
    }
}

/// Binds all interfaces: dual-stack if the kernel supports it, otherwise IPv4.
async fn bind_all_interfaces(port: u16) -> io::Result<TcpListener> {
    match TcpListener::bind(SocketAddr::from(([0_u16; 8], port))).await {
        Err(error) if error.kind() != ErrorKind::AddrInUse => {
            TcpListener::bind(SocketAddr::from(([0_u8; 4], port))).await
        }
        bound => bound,
    }
}

/// Keepalive finds idle peers that are gone, but not those to which bytes were sent, such as the keep-alive of a stream.
/// Accepted connections inherit the option.
fn limit_unacknowledged_time(listener: &TcpListener) {
    #[cfg(target_os = "linux")]
    let _ = SockRef::from(listener).set_tcp_user_timeout(Some(limits::TCP_USER_TIMEOUT));
    #[cfg(not(target_os = "linux"))]
    let _ = listener;
}

fn set_socket_options(socket: &TcpStream) {
    // Without `TCP_NODELAY` small responses wait for the client's acknowledgement.
    let _ = socket.set_nodelay(true);
    // With keepalive the kernel detects peers that are gone without a FIN, which frees their slots. HTTP/2 pings would
    // cost a tenth of every call.
    let keep_alive = TcpKeepalive::new()
        .with_time(limits::TCP_KEEPALIVE)
        .with_interval(limits::TCP_KEEPALIVE);
    let _ = SockRef::from(socket).set_tcp_keepalive(&keep_alive);
}

/// One connection.
#[derive(Debug)]
pub enum SocketStream {
    /// On TCP.
    Tcp(TcpStream),
    /// On a Unix socket.
    Unix(UnixStream),
}

impl SocketStream {
    /// The address of the client; `None` on a Unix socket, or if the client has closed the connection.
    pub fn client_address(&self) -> Option<IpAddr> {
        match self {
            // A dual-stack socket has IPv4 clients as mapped IPv6 addresses.
            SocketStream::Tcp(socket) => Some(socket.peer_addr().ok()?.ip().to_canonical()),
            SocketStream::Unix(_) => None,
        }
    }
}

impl AsyncRead for SocketStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            SocketStream::Tcp(socket) => Pin::new(socket).poll_read(cx, buf),
            SocketStream::Unix(socket) => Pin::new(socket).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for SocketStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            SocketStream::Tcp(socket) => Pin::new(socket).poll_write(cx, bytes),
            SocketStream::Unix(socket) => Pin::new(socket).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            SocketStream::Tcp(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
            SocketStream::Unix(socket) => Pin::new(socket).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            SocketStream::Tcp(socket) => Pin::new(socket).poll_flush(cx),
            SocketStream::Unix(socket) => Pin::new(socket).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            SocketStream::Tcp(socket) => Pin::new(socket).poll_shutdown(cx),
            SocketStream::Unix(socket) => Pin::new(socket).poll_shutdown(cx),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::net::IpAddr;
    use std::net::Ipv4Addr;

    #[tokio::test]
    async fn accepted_connections_limit_unacknowledged_time() {
        let local = IpAddr::from(Ipv4Addr::LOCALHOST);
        for address in [Some(local), None] {
            let bound = Listener::bind(&ListenAddr::Tcp(address, 0)).await;
            let listener = bound.expect("a port");
            let port = listener.port().expect("TCP");
            let client = TcpStream::connect((local, port)).await;
            let timeout = match listener.accept().await.expect("a connection") {
                SocketStream::Tcp(socket) => SockRef::from(&socket).tcp_user_timeout(),
                SocketStream::Unix(_) => Ok(None),
            };
            assert_eq!(timeout.expect("an option"), Some(limits::TCP_USER_TIMEOUT));
            drop(client);
        }
    }
}
