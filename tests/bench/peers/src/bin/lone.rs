//! Makes calls one at a time on each connection. Usage: `lone ADDRESS PROTOCOL PATH BODY CONNECTIONS CALLS`.
//!
//! Each connection has a thread that sends a request, blocks until the response is complete, and goes on, as an
//! application thread does. ADDRESS with a slash is a Unix socket. PROTOCOL is `grpc` (HTTP/2), the content type of a
//! request over HTTP/1.1, or `echo:SENT:RECEIVED` with the lengths of a request and a response. Prints the mean, the
//! median and the 99th percentile of the latency in microseconds, and the bytes of a request and of a response.

use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use std::time::Instant;

use peers::http2::DATA;
use peers::http2::END;
use peers::http2::END_HEADERS;
use peers::http2::GOAWAY;
use peers::http2::HEADERS;
use peers::http2::RESET;
use peers::http2::SETTINGS;
use peers::http2::WINDOW_UPDATE;
use peers::http2::frame;
use peers::http2::heads;

/// Calls before the measurement: the first ones fill header tables, buffers and caches.
const WARM_UP: usize = 200;

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

fn connect(address: &str) -> Box<dyn Stream> {
    if address.contains('/') {
        return Box::new(UnixStream::connect(address).expect("a server"));
    }
    let stream = TcpStream::connect(address).expect("a server");
    stream.set_nodelay(true).expect("a socket");
    Box::new(stream)
}

/// A connection. `sent` and `received` count the bytes of the last call.
struct Connection {
    stream: Box<dyn Stream>,
    protocol: Protocol,
    buffer: Vec<u8>,
    sent: usize,
    received: usize,
}

enum Protocol {
    Http2(Http2),
    /// The bytes of a request.
    Http1(Vec<u8>),
    /// The bytes of a request, and the length of a response.
    Echo(Vec<u8>, usize),
}

struct Http2 {
    heads: [Vec<u8>; 2],
    body: Vec<u8>,
    stream: u32,
    /// The flow-control window of the server for request bodies.
    window: usize,
}

impl Connection {
    fn open(address: &str, protocol: &str, path: &str, body: &[u8]) -> Connection {
        let mut stream = connect(address);
        let authority = if address.contains('/') { "localhost" } else { address };
        let protocol = if protocol == "grpc" {
            let mut preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
            frame(&mut preface, SETTINGS, 0, 0, &[]);
            // A window so large that responses never need an update.
            frame(&mut preface, WINDOW_UPDATE, 0, 0, &0x7fff_0000_u32.to_be_bytes());
            stream.write_all(&preface).expect("sent");
            let heads = heads(authority, path);
            Protocol::Http2(Http2 { heads, body: body.to_vec(), stream: 1, window: 65_535 })
        } else if let Some(lengths) = protocol.strip_prefix("echo:") {
            let (sent, received) = lengths.split_once(':').expect("two lengths");
            Protocol::Echo(vec![0; sent.parse().expect("a length")], received.parse().expect("a length"))
        } else {
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: {protocol}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            Protocol::Http1([head.as_bytes(), body].concat())
        };
        Connection { stream, protocol, buffer: Vec::new(), sent: 0, received: 0 }
    }

    fn call(&mut self) {
        (self.sent, self.received) = (0, 0);
        match &self.protocol {
            Protocol::Http2(_) => self.call_http2(),
            Protocol::Http1(request) => {
                self.sent = request.len();
                self.stream.write_all(request).expect("sent");
                while !self.has_http1_response() {
                    self.read();
                }
                self.received = self.buffer.len();
                self.buffer.clear();
            }
            Protocol::Echo(request, received) => {
                self.sent = request.len();
                let received = *received;
                self.stream.write_all(request).expect("sent");
                while self.buffer.len() < received {
                    self.read();
                }
                self.buffer.clear();
                self.received = received;
            }
        }
    }

    fn read(&mut self) {
        let mut chunk = [0; 16 * 1024];
        let count = self.stream.read(&mut chunk).expect("a response");
        assert!(count > 0, "the server closed the connection");
        self.buffer.extend_from_slice(&chunk[..count]);
    }

    /// Returns true if the buffer has a whole response, which must be a success.
    fn has_http1_response(&self) -> bool {
        let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            return false;
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        let body = &self.buffer[end + 4..];
        match head.split_once("content-length: ") {
            Some((_, rest)) => {
                let length = rest.lines().next().and_then(|length| length.trim().parse().ok());
                body.len() >= length.unwrap_or(usize::MAX)
            }
            None => body.ends_with(b"0\r\n\r\n"),
        }
    }

    fn call_http2(&mut self) {
        let Protocol::Http2(state) = &mut self.protocol else { return };
        let stream = state.stream;
        state.stream += 2;
        while matches!(&self.protocol, Protocol::Http2(state) if state.window < state.body.len()) {
            self.read();
            self.receive_frames(stream);
        }
        let Protocol::Http2(state) = &mut self.protocol else { return };
        let mut request = Vec::with_capacity(512);
        frame(&mut request, HEADERS, END_HEADERS, stream, &state.heads[usize::from(stream > 1)]);
        frame(&mut request, DATA, END, stream, &state.body);
        state.window -= state.body.len();
        self.sent = request.len();
        self.stream.write_all(&request).expect("sent");
        while !self.receive_frames(stream) {
            self.read();
        }
    }

    /// Handles the frames in the buffer. Returns true if the stream has ended.
    fn receive_frames(&mut self, awaited: u32) -> bool {
        let Protocol::Http2(state) = &mut self.protocol else { return true };
        let (mut at, mut has_ended, mut out) = (0, false, Vec::new());
        while let Some((head, rest)) = self.buffer[at..].split_first_chunk::<9>() {
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let Some(payload) = rest.get(..length) else { break };
            let (kind, flags) = (head[3], head[4]);
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            match kind {
                DATA | HEADERS if flags & END > 0 => has_ended |= stream == awaited,
                SETTINGS if flags & END == 0 => frame(&mut out, SETTINGS, END, 0, &[]),
                WINDOW_UPDATE if stream == 0 => {
                    state.window += u32::from_be_bytes(payload.try_into().expect("four bytes")) as usize;
                }
                RESET | GOAWAY => panic!("the server sent RST_STREAM or GOAWAY: {payload:?}"),
                _ => {}
            }
            at += 9 + length;
        }
        self.received += at;
        self.buffer.drain(..at);
        if !out.is_empty() {
            self.stream.write_all(&out).expect("sent");
        }
        has_ended
    }
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [address, protocol, path, body, connections, calls] = &arguments[..] else {
        panic!("usage: lone ADDRESS PROTOCOL PATH BODY CONNECTIONS CALLS");
    };
    let body = std::fs::read(body).expect("a file");
    let (connections, calls): (usize, usize) = (connections.parse().expect("a number"), calls.parse().expect("a number"));
    let measured = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|_| scope.spawn(|| measure(Connection::open(address, protocol, path, &body), calls / connections)))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no failure")).collect::<Vec<_>>()
    });
    let (sent, received) = measured.first().map_or((0, 0), |(_, sent, received)| (*sent, *received));
    let mut latencies: Vec<Duration> = measured.into_iter().flat_map(|(latencies, ..)| latencies).collect();
    latencies.sort_unstable();
    let micros = |latency: Duration| latency.as_secs_f64() * 1e6;
    let mean = latencies.iter().sum::<Duration>() / u32::try_from(latencies.len()).expect("fewer calls");
    println!(
        "{{\"mean\": {:.2}, \"p50\": {:.2}, \"p99\": {:.2}, \"calls\": {}, \"sent\": {sent}, \"received\": {received}}}",
        micros(mean),
        micros(latencies[latencies.len() / 2]),
        micros(latencies[latencies.len() * 99 / 100]),
        latencies.len() + connections * WARM_UP,
    );
}

/// Returns the latency of each call, and the bytes of the last request and response.
fn measure(mut connection: Connection, calls: usize) -> (Vec<Duration>, usize, usize) {
    (0..WARM_UP).for_each(|_| connection.call());
    let latencies = (0..calls).map(|_| {
        let begun = Instant::now();
        connection.call();
        begun.elapsed()
    });
    (latencies.collect(), connection.sent, connection.received)
}
