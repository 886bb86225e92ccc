//! An HTTP server that a source polls.

use std::sync::Arc;
use std::sync::Mutex;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

use crate::support::sources::RunningSources;
use crate::support::sources::document;
use crate::support::sources::http_source_spec;
use crate::support::sources::settings;
use crate::support::sources::start_sources;
use crate::support::wait::wait_until;

/// Starts a source that polls a URL.
pub fn poll_url(url: &str, more: &serde_json::Value) -> RunningSources {
    start_sources(&[http_source_spec(url, more)], &settings())
}

/// A received request.
#[derive(Debug, Clone, Default)]
pub struct ReceivedRequest {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl ReceivedRequest {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value)
    }
}

/// A response. With `hang`, the connection stays open after its bytes.
#[derive(Debug, Clone)]
pub struct Reply {
    pub bytes: Vec<u8>,
    pub hang: bool,
}

/// A response with a status such as `200 OK`, headers written `name: value`, and a body.
pub fn http_response(status: &str, headers: &[&str], body: &str) -> Reply {
    let mut text = format!("HTTP/1.1 {status}\r\nconnection: close\r\n");
    for header in headers {
        text += &format!("{header}\r\n");
    }
    text += &format!("content-length: {}\r\n\r\n{body}", body.len());
    let bytes = text.into_bytes();
    Reply { bytes, hang: false }
}

/// A response with a body of any bytes, and headers written `name: value`.
pub fn binary_response(headers: &[&str], body: &[u8]) -> Reply {
    let mut reply = http_response("200 OK", headers, "");
    let head = String::from_utf8(reply.bytes).expect("text");
    let length = format!("content-length: {}", body.len());
    reply.bytes = head.replace("content-length: 0", &length).into_bytes();
    reply.bytes.extend_from_slice(body);
    reply
}

/// A response with a JSON document whose flag `f` resolves to `variant`.
pub fn document_response(variant: &str) -> Reply {
    http_response(
        "200 OK",
        &["content-type: application/json"],
        &document(variant),
    )
}

type Handler = Box<dyn Fn(&ReceivedRequest) -> Reply + Send>;

/// A small HTTP/1.1 server. Stops when dropped.
pub struct HttpUpstream {
    pub port: u16,
    handler: Arc<Mutex<Handler>>,
    seen: Arc<Mutex<Vec<ReceivedRequest>>>,
    task: tokio::task::JoinHandle<()>,
}

impl HttpUpstream {
    pub async fn start(
        handler: impl Fn(&ReceivedRequest) -> Reply + Send + 'static,
    ) -> HttpUpstream {
        HttpUpstream::start_on_port(0, handler).await
    }

    pub async fn start_on_port(
        port: u16,
        handler: impl Fn(&ReceivedRequest) -> Reply + Send + 'static,
    ) -> HttpUpstream {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let handler: Arc<Mutex<Handler>> = Arc::new(Mutex::new(Box::new(handler)));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, noted) = (handler.clone(), seen.clone());
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(converse(socket, answer.clone(), noted.clone()));
            }
        });
        HttpUpstream {
            port,
            handler,
            seen,
            task,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Replaces the handler of later requests.
    pub fn set_handler(&self, handler: impl Fn(&ReceivedRequest) -> Reply + Send + 'static) {
        *self.handler.lock().unwrap() = Box::new(handler);
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits for `count` more requests.
    pub async fn wait_for_requests(&self, count: usize) {
        let want = self.requests().len() + count;
        wait_until(|| self.requests().len() >= want, || "no request".to_owned()).await;
    }
}

impl Drop for HttpUpstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(
    mut socket: TcpStream,
    handler: Arc<Mutex<Handler>>,
    seen: Arc<Mutex<Vec<ReceivedRequest>>>,
) {
    let Some(request) = request(&mut socket).await else {
        return;
    };
    let reply = handler.lock().unwrap()(&request);
    seen.lock().unwrap().push(request);
    let _ = socket.write_all(&reply.bytes).await;
    if reply.hang {
        std::future::pending::<()>().await;
    }
    let _ = socket.shutdown().await;
}

/// Reads a request; `None` if the client closes the connection.
pub async fn request(socket: &mut TcpStream) -> Option<ReceivedRequest> {
    let mut text = Vec::new();
    let head = loop {
        let mut buffer = [0; 4096];
        let count = socket
            .read(&mut buffer)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        text.extend_from_slice(&buffer[..count]);
        if let Some(end) = text.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
    };
    let mut body = text.split_off(head + 4);
    let text = String::from_utf8(text).ok()?;
    let mut lines = text.trim_end().split("\r\n");
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let split = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_ascii_lowercase(), value.to_owned()))
    };
    let headers = lines.filter_map(split).collect();
    let mut seen = ReceivedRequest {
        path,
        headers,
        body: String::new(),
    };
    let length: usize = seen.header("content-length").parse().unwrap_or(0);
    while body.len() < length {
        let mut buffer = [0; 4096];
        let count = socket
            .read(&mut buffer)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        body.extend_from_slice(&buffer[..count]);
    }
    seen.body = String::from_utf8(body).ok()?;
    Some(seen)
}
