//! HTTP/1.1 over a raw socket.

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::wait::DEADLINE;

pub fn post_request(path: &str, fields: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: {length}\r\n\r\n{body}")
}

/// Sends the pieces, and reads `count` responses, or fewer if the server closes the connection.
pub async fn read_responses(port: u16, pieces: &[&[u8]], count: usize) -> Vec<String> {
    let socket = TcpStream::connect(("127.0.0.1", port)).await;
    let mut socket = socket.expect("a connection");
    socket.set_nodelay(true).expect("no delay");
    let (mut from, mut to) = socket.split();
    let write = async {
        for piece in pieces {
            to.write_all(piece).await.expect("sent");
            tokio::task::yield_now().await;
        }
    };
    let read = async {
        let (mut read, mut found) = (Vec::new(), Vec::new());
        while found.len() < count && from.read_buf(&mut read).await.expect("an answer") > 0 {
            while let Some(length) = response_length(&read) {
                let one = read.drain(..length).collect::<Vec<_>>();
                found.push(without_date_header(&String::from_utf8_lossy(&one)));
            }
        }
        found
    };
    let both = async { tokio::join!(write, read).1 };
    tokio::time::timeout(DEADLINE, both).await.expect("answers")
}

/// Returns the length of the first response in `read`; `None` if it is incomplete.
pub fn response_length(read: &[u8]) -> Option<usize> {
    let head = read.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = str::from_utf8(&read[..head]).expect("a head");
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let whole = head + length.map_or(0, |length| length.parse().expect("a number"));
    (whole <= read.len()).then_some(whole)
}

pub fn without_date_header(answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let (dates, rest): (Vec<_>, Vec<_>) = head.lines().partition(|line| line.starts_with("date: "));
    assert_eq!(dates.len(), 1, "{head}");
    format!("{}\r\n\r\n{body}", rest.join("\r\n"))
}
