//! Listen addresses: a TCP port or a Unix socket.

use std::fmt;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::PathBuf;

/// An address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddr {
    /// A TCP port of one address, or of all interfaces; port 0 selects a free port.
    Tcp(Option<IpAddr>, u16),
    /// A Unix socket. On Linux a name that begins with `@` is an abstract socket, as in Go.
    Unix(PathBuf),
}

impl fmt::Display for ListenAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenAddr::Tcp(None, port) => write!(f, "port {port}"),
            ListenAddr::Tcp(Some(address), port) => {
                write!(f, "{}", SocketAddr::new(*address, *port))
            }
            ListenAddr::Unix(path) => write!(f, "socket {}", path.display()),
        }
    }
}
