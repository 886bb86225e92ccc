//! The floor of a call: reads as many bytes as a request has, and writes as many as a response has, in one thread with
//! one epoll. Usage: `echo ADDRESS REQUEST RESPONSE`, with the lengths in bytes; an ADDRESS with a slash is a Unix socket.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;

use mio::Events;
use mio::Interest;
use mio::Poll;
use mio::Token;
use mio::event::Source;
use mio::net::TcpListener;
use mio::net::UnixListener;

const LISTENER: Token = Token(0);

trait Stream: Source + Read + Write {}
impl<T: Source + Read + Write> Stream for T {}

/// A connection, and the bytes of its unfinished request.
struct Connection {
    stream: Box<dyn Stream>,
    received: usize,
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    fn bind(address: &str) -> Listener {
        if address.contains('/') {
            return Listener::Unix(UnixListener::bind(address).expect("a free path"));
        }
        Listener::Tcp(TcpListener::bind(address.parse().expect("an address")).expect("a free port"))
    }

    fn source(&mut self) -> &mut dyn Source {
        match self {
            Listener::Tcp(listener) => listener,
            Listener::Unix(listener) => listener,
        }
    }

    fn accept(&self) -> Option<Box<dyn Stream>> {
        let accepted: std::io::Result<Box<dyn Stream>> = match self {
            Listener::Tcp(listener) => listener.accept().map(|(stream, _)| {
                stream.set_nodelay(true).expect("a socket");
                Box::new(stream) as _
            }),
            Listener::Unix(listener) => listener.accept().map(|(stream, _)| Box::new(stream) as _),
        };
        accepted.ok()
    }
}

impl Connection {
    /// Answers the requests that have arrived. Returns false if the client has closed the connection.
    fn serve(&mut self, request: usize, response: &[u8], buffer: &mut [u8]) -> bool {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return false,
                Ok(count) => {
                    self.received += count;
                    while self.received >= request {
                        self.received -= request;
                        self.stream.write_all(response).expect("a small response");
                    }
                    if count < buffer.len() {
                        return true;
                    }
                }
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
    }
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [address, request, response] = &arguments[..] else {
        panic!("usage: echo ADDRESS REQUEST RESPONSE");
    };
    let (request, response): (usize, usize) = (request.parse().expect("a length"), response.parse().expect("a length"));
    let (response, mut buffer) = (vec![0; response], vec![0; 64 * 1024]);
    let mut poll = Poll::new().expect("epoll");
    let mut events = Events::with_capacity(128);
    let mut listener = Listener::bind(address);
    poll.registry().register(listener.source(), LISTENER, Interest::READABLE).expect("registered");
    let mut connections: HashMap<Token, Connection> = HashMap::new();
    let mut last = LISTENER;
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            polled => polled.expect("events"),
        }
        for event in &events {
            if event.token() == LISTENER {
                while let Some(mut stream) = listener.accept() {
                    last = Token(last.0 + 1);
                    poll.registry().register(&mut *stream, last, Interest::READABLE).expect("registered");
                    connections.insert(last, Connection { stream, received: 0 });
                }
                continue;
            }
            let connection = connections.get_mut(&event.token());
            if connection.is_some_and(|connection| !connection.serve(request, &response, &mut buffer)) {
                connections.remove(&event.token());
            }
        }
    }
}
