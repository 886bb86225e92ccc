//! A minimal HTTP/1.1 GET that returns the status, with one timeout for the whole request.

use std::io;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpStream;
use std::net::ToSocketAddrs as _;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

/// The request of a probe.
#[derive(Debug, Clone)]
pub struct ProbeRequest {
    /// The host: a name or an IP address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path of the health endpoint.
    pub path: &'static str,
}

impl std::fmt::Display for ProbeRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}{}", self.url_host(), self.port, self.path)
    }
}

impl ProbeRequest {
    /// Returns the host as in a URL: IPv6 addresses in brackets.
    fn url_host(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        }
    }

    /// Sends the request and returns the status. Only the status line is read, so this needs neither an HTTP client nor
    /// a runtime.
    fn fetch_status(&self, timeout: Duration) -> io::Result<String> {
        let mut socket = self.connect(timeout)?;
        let (path, name) = (self.path, self.url_host());
        let request = format!("GET {path} HTTP/1.1\r\nhost: {name}\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes())?;
        let mut line = String::new();
        BufReader::new(socket.take(128)).read_line(&mut line)?;
        let status = line.strip_prefix("HTTP/").and_then(|rest| {
            let status = rest.split_whitespace().nth(1)?;
            (status.len() == 3 && status.parse::<u16>().is_ok()).then(|| status.to_owned())
        });
        status.ok_or_else(|| io::Error::other("not an HTTP response"))
    }

    fn connect(&self, timeout: Duration) -> io::Result<TcpStream> {
        let end = Instant::now() + timeout;
        let addresses: Vec<_> = (self.host.as_str(), self.port).to_socket_addrs()?.collect();
        let mut last = io::Error::other("the name resolves to no address");
        for (address, left) in addresses.iter().zip((1..=addresses.len()).rev()) {
            let left = u32::try_from(left).unwrap_or(u32::MAX);
            let share = end.saturating_duration_since(Instant::now()) / left;
            match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
                Ok(socket) => return Ok(socket),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// Sends the request on a separate thread, and waits for at most `timeout`: for name resolution, connecting and reading
/// together.
///
/// # Errors
/// If the request fails or the timeout passes.
pub fn fetch_status_within(timeout: Duration, request: ProbeRequest) -> io::Result<String> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let _ = sender.send(request.fetch_status(timeout));
    })?;
    receiver
        .recv_timeout(timeout)
        .unwrap_or_else(|_| Err(io::Error::other(format!("timed out after {timeout:?}"))))
}
