//! Streams over HTTP/1.1 are equal on the fast path and in hyper.

use fanion::serve::ServeConfig;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::server;
use crate::support::server::raw_http1::without_date_header;
use crate::support::wait::DEADLINE;

const FLAGS: &str = "flags: {on: {variants: {on: true}, defaultVariant: on}}";

const EVENTS: &str = "POST /flagd.evaluation.v1.Service/EventStream HTTP/1.1\r\nhost: a\r\n";

/// A header without effect that the fast path does not accept.
const FORCES_HYPER: &str = "expect: nothing\r\n";

/// A request for a stream in Connect's JSON.
fn connect(fields: &str) -> String {
    format!(
        "{EVENTS}{fields}content-type: application/connect+json\r\ncontent-length: 7\r\n\r\n\0\0\0\0\x02{{}}"
    )
}

/// A connection, and the bytes read from it so far.
struct Client {
    socket: TcpStream,
    read: Vec<u8>,
}

impl Client {
    async fn send(port: u16, text: &str) -> Client {
        let socket = TcpStream::connect(("127.0.0.1", port)).await;
        let mut socket = socket.expect("a connection");
        socket.write_all(text.as_bytes()).await.expect("sent");
        let read = Vec::new();
        Client { socket, read }
    }

    /// Reads until `text` was received.
    async fn until(&mut self, text: &str) {
        let has = |read: &[u8]| read.windows(text.len()).any(|at| at == text.as_bytes());
        let read = async {
            while !has(&self.read) {
                let count = self.socket.read_buf(&mut self.read).await;
                assert!(count.expect("an answer") > 0, "{text}: {}", self.text());
            }
        };
        tokio::time::timeout(DEADLINE, read).await.expect("in time");
    }

    /// Returns all bytes that were received until the connection closed.
    async fn end(mut self) -> String {
        let end = self.socket.read_to_end(&mut self.read);
        let end = tokio::time::timeout(DEADLINE, end).await;
        end.expect("in time").expect("an end");
        self.text()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.read).into_owned()
    }
}

/// Opens a stream, edits the flags, waits for `changed`, stops the server, and returns all received bytes.
async fn read_stream_to_end(request: &str, ready: &str, changed: &str) -> String {
    let (server, directory) = server::serve_text("flags.yaml", FLAGS).await;
    let port = if request.starts_with("GET /ofrep") {
        server.ofrep
    } else {
        server.port
    };
    let mut client = Client::send(port, request).await;
    client.until(ready).await;
    let path = directory.path().join("flags.yaml");
    std::fs::write(path, FLAGS.replace("true", "false")).expect("a file");
    client.until(changed).await;
    server.shutdown.send(true).expect("the server runs");
    without_date_header(&client.end().await)
}

#[tokio::test]
async fn fast_path_and_hyper_send_equal_streams() {
    let events = ["provider_ready", "configuration_change"];
    let web = "content-type: application/grpc-web+proto\r\norigin: http://page.test\r\n";
    let changes = "GET /ofrep/v1/sse HTTP/1.1\r\nhost: a\r\n";
    let cases = |fields: &str| {
        [
            (connect(fields), events),
            (
                format!("{EVENTS}{fields}{web}content-length: 5\r\n\r\n\0\0\0\0\0"),
                events,
            ),
            (format!("{changes}{fields}\r\n"), ["id: ", "refetch"]),
        ]
    };
    for ((quick, [ready, changed]), (slow, _)) in cases("").into_iter().zip(cases(FORCES_HYPER)) {
        let text = read_stream_to_end(&quick, ready, changed).await;
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
        assert!(text.ends_with("\r\n0\r\n\r\n"), "{text}");
        assert_eq!(text, read_stream_to_end(&slow, ready, changed).await);
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_after_the_stream() {
    let (server, _directory) = server::serve_text("flags.yaml", FLAGS).await;
    let body = r#"{"flagKey": "on"}"#;
    let next = format!(
        "POST /flagd.evaluation.v1.Service/ResolveBoolean HTTP/1.1\r\nhost: a\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    for slow in ["", FORCES_HYPER] {
        // One write: requests sent later could arrive after the end of the stream.
        let stream = connect(&format!("{slow}connect-timeout-ms: 50\r\n"));
        let mut client = Client::send(server.port, &format!("{stream}{next}{next}")).await;
        client.until("provider_ready").await;
        client.until("deadline_exceeded").await;
        client.until("\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n").await;
        client.until("}HTTP/1.1 200 OK\r\n").await;
    }
}

#[tokio::test]
async fn disconnect_releases_the_stream_slot() {
    let settings = ServeConfig {
        max_streams: 1,
        ..ServeConfig::default()
    };
    let (server, _directory) = server::serve_with("flags.yaml", FLAGS, settings).await;
    let mut first = Client::send(server.port, &connect("")).await;
    first.until("provider_ready").await;
    let mut second = Client::send(server.port, &connect("")).await;
    second.until("resource_exhausted").await;
    drop(first);
    let again = async {
        loop {
            let mut third = Client::send(server.port, &connect("")).await;
            // Either `provider_ready` or `resource_exhausted`.
            third.until("_").await;
            if third.text().contains("provider_") {
                break;
            }
        }
    };
    tokio::time::timeout(DEADLINE, again)
        .await
        .expect("a free slot");
}
