//! HTTP/2 over a raw socket, for a client that controls its windows and frames.

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const WINDOW_UPDATE: u8 = 8;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// The setting that limits the response bytes of each stream.
const INITIAL_WINDOW_SIZE: u16 = 4;

/// A connection that reads only on request.
pub struct RawHttp2 {
    pub socket: TcpStream,
}

impl RawHttp2 {
    /// Connects, and lets each stream receive `window` bytes.
    pub async fn connect(port: u16, window: u32) -> RawHttp2 {
        let socket = TcpStream::connect(("127.0.0.1", port)).await;
        let mut socket = socket.expect("a connection");
        let setting = [
            &INITIAL_WINDOW_SIZE.to_be_bytes()[..],
            &window.to_be_bytes(),
        ];
        let hello = [
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            frame(SETTINGS, 0, 0, &setting.concat()),
            frame(WINDOW_UPDATE, 0, 0, &(1_u32 << 30).to_be_bytes()),
        ];
        socket.write_all(&hello.concat()).await.expect("sent");
        RawHttp2 { socket }
    }

    /// Sends the headers of gRPC calls.
    pub async fn send_headers(&mut self, path: &str, streams: impl Iterator<Item = u32>) {
        let fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "a"),
            ("content-type", "application/grpc"),
        ];
        let block: Vec<u8> = fields.iter().flat_map(|field| literal(*field)).collect();
        let frames = streams.flat_map(|stream| frame(HEADERS, END_HEADERS, stream, &block));
        let frames: Vec<u8> = frames.collect();
        self.socket.write_all(&frames).await.expect("sent");
    }

    /// Sends empty messages, which end the calls.
    pub async fn send_empty_messages(&mut self, streams: impl Iterator<Item = u32>) {
        let frames = streams.flat_map(|stream| frame(DATA, END_STREAM, stream, &[0; 5]));
        let frames: Vec<u8> = frames.collect();
        self.socket.write_all(&frames).await.expect("sent");
    }

    /// Lets each of these streams receive any number of bytes.
    pub async fn open_windows(&mut self, streams: impl Iterator<Item = u32>) {
        let size = (1_u32 << 30).to_be_bytes();
        let frames = streams.flat_map(|stream| frame(WINDOW_UPDATE, 0, stream, &size));
        let frames: Vec<u8> = frames.collect();
        self.socket.write_all(&frames).await.expect("sent");
    }

    /// Lets one stream receive `size` bytes more.
    pub async fn open_window_by(&mut self, stream: u32, size: u32) {
        let update = frame(WINDOW_UPDATE, 0, stream, &size.to_be_bytes());
        self.socket.write_all(&update).await.expect("sent");
    }

    /// Reads until `count` streams have ended, or the server closes the connection. Returns how many have ended.
    pub async fn read_ends(&mut self, count: u32) -> u32 {
        let (mut read, mut ended) = (Vec::new(), 0);
        while ended < count {
            match self.socket.read_buf(&mut read).await {
                Ok(0) | Err(_) => break,
                Ok(_) => ended += take_ends(&mut read),
            }
        }
        ended
    }
}

/// Removes the complete frames, and returns how many of them end a stream.
fn take_ends(read: &mut Vec<u8>) -> u32 {
    let (mut at, mut ends) = (0, 0);
    while let Some([a, b, c, kind, flags, ..]) = read.get(at..at + 9) {
        let length = u32::from_be_bytes([0, *a, *b, *c]);
        let length = usize::try_from(length).expect("a length");
        if read.len() < at + 9 + length {
            break;
        }
        ends += u32::from([DATA, HEADERS].contains(kind) && flags & END_STREAM != 0);
        at += 9 + length;
    }
    read.drain(..at);
    ends
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload");
    let head = [
        &length.to_be_bytes()[1..],
        &[kind, flags],
        &stream.to_be_bytes(),
    ];
    [&head.concat(), payload].concat()
}

/// A header field as a literal without Huffman coding.
fn literal((name, value): (&str, &str)) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).expect("a short text");
    [
        &[0, length(name)],
        name.as_bytes(),
        &[length(value)],
        value.as_bytes(),
    ]
    .concat()
}
