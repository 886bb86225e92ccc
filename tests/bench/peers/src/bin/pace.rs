//! Makes calls at a constant rate and logs their latency. Usage: `pace ADDRESS PATH BODY RATE CALLS LOG`.
//!
//! Makes CALLS gRPC calls with the file BODY as body, RATE per second, over eight HTTP/2 connections. Due calls are
//! sent every millisecond, without waiting for earlier responses. The latency of a call is the time from when it was
//! due until its response arrived. (h2load sends due calls every ten milliseconds, so it would measure its own queue.)
//! LOG gets one line per call: the time when it was due in microseconds since 1970, and its latency in microseconds.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::io::Write as _;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

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
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

const CONNECTIONS: usize = 8;
/// The most concurrent calls on one connection; servers allow somewhat more.
const IN_FLIGHT: usize = 100;

struct Connection {
    socket: TcpStream,
    heads: [Vec<u8>; 2],
    body: Vec<u8>,
    /// The due times of unsent calls; `asked` has those of calls without a response, by stream.
    due: VecDeque<Instant>,
    asked: HashMap<u32, Instant>,
    stream: u32,
    /// The flow-control window of the server for request bodies.
    window: usize,
    out: Vec<u8>,
    read: Vec<u8>,
    /// The due time and the latency of each finished call.
    took: Vec<(Instant, Duration)>,
}

impl Connection {
    async fn open(address: &str, path: &str, body: &[u8]) -> Connection {
        let socket = TcpStream::connect(address).await.expect("a server");
        socket.set_nodelay(true).expect("a socket");
        let mut out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        frame(&mut out, SETTINGS, 0, 0, &[]);
        // A window so large that responses never need an update.
        frame(&mut out, WINDOW_UPDATE, 0, 0, &0x7fff_0000_u32.to_be_bytes());
        Connection {
            socket,
            heads: heads(address, path),
            body: body.to_vec(),
            due: VecDeque::new(),
            asked: HashMap::new(),
            stream: 1,
            window: 65_535,
            out,
            read: Vec::new(),
            took: Vec::new(),
        }
    }

    fn send(&mut self) {
        while self.asked.len() < IN_FLIGHT && self.window >= self.body.len() {
            let Some(due) = self.due.pop_front() else { break };
            frame(&mut self.out, HEADERS, END_HEADERS, self.stream, &self.heads[usize::from(self.stream > 1)]);
            frame(&mut self.out, DATA, END, self.stream, &self.body);
            self.window -= self.body.len();
            self.asked.insert(self.stream, due);
            self.stream += 2;
        }
        match self.socket.try_write(&self.out) {
            Ok(count) => drop(self.out.drain(..count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn receive(&mut self) {
        match self.socket.try_read_buf(&mut self.read) {
            Ok(0) => panic!("the server closed the connection"),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) => panic!("{error}"),
        }
        let (now, mut at) = (Instant::now(), 0);
        while let Some((head, rest)) = self.read[at..].split_first_chunk::<9>() {
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let Some(payload) = rest.get(..length) else { break };
            let (kind, flags) = (head[3], head[4]);
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            match kind {
                DATA | HEADERS if flags & END > 0 => {
                    let due = self.asked.remove(&stream).expect("a call");
                    self.took.push((due, now - due));
                }
                SETTINGS if flags & END == 0 => frame(&mut self.out, SETTINGS, END, 0, &[]),
                WINDOW_UPDATE if stream == 0 => {
                    self.window += u32::from_be_bytes(payload.try_into().expect("four bytes")) as usize;
                }
                RESET | GOAWAY => panic!("the server sent RST_STREAM or GOAWAY: {payload:?}"),
                _ => {}
            }
            at += 9 + length;
        }
        self.read.drain(..at);
    }

    /// Makes calls at `rate` and reads their responses.
    async fn run(mut self, calls: usize, rate: f64) -> Vec<(Instant, Duration)> {
        let (begun, mut sent) = (Instant::now(), 0);
        let mut ticks = tokio::time::interval(Duration::from_millis(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while self.took.len() < calls {
            tokio::select! {
                _ = ticks.tick() => {
                    let now = Instant::now();
                    let due = ((now - begun).as_secs_f64() * rate) as usize;
                    let due = due.min(calls);
                    self.due.extend(std::iter::repeat_n(now, due - sent));
                    sent = due;
                }
                ready = self.socket.readable() => {
                    ready.expect("a socket");
                    self.receive();
                }
            }
            self.send();
        }
        self.took
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [address, path, body, rate, calls, log] = &arguments[..] else {
        panic!("usage: pace ADDRESS PATH BODY RATE CALLS LOG");
    };
    let body = std::fs::read(body).expect("a file");
    let (rate, calls): (f64, usize) = (rate.parse().expect("a number"), calls.parse().expect("a number"));
    let (epoch, begun) = (SystemTime::now(), Instant::now());
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let connection = Connection::open(address, path, &body).await;
        connections.spawn(connection.run(calls / CONNECTIONS, rate / CONNECTIONS as f64));
    }
    let took = connections.join_all().await.concat();
    let since = epoch.duration_since(SystemTime::UNIX_EPOCH).expect("a clock");
    let mut log = std::io::BufWriter::new(std::fs::File::create(log).expect("a file"));
    for (due, took) in took {
        let due = since + (due - begun);
        writeln!(log, "{}\t{}", due.as_micros(), took.as_micros()).expect("a log");
    }
}
