//! HTTP/1.1 and HTTP/2 clients for tests.

use bytes::Bytes;
use http::HeaderMap;
use http::Request;
use http::Response;
use http::StatusCode;
use http_body_util::BodyExt as _;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

use crate::support::server::Server;

/// An HTTP response.
#[derive(Debug)]
pub struct HttpResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub trailers: HeaderMap,
}

impl HttpResponse {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|v| v.to_str().expect("text"));
        value.unwrap_or("")
    }
}

/// The version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpVersion {
    Http1,
    Http2,
}

enum Sender {
    One(hyper::client::conn::http1::SendRequest<Full<Bytes>>),
    Two(hyper::client::conn::http2::SendRequest<Full<Bytes>>),
}

/// A client with one open connection.
pub struct HttpClient(Sender);

impl HttpClient {
    pub async fn connect(port: u16, version: HttpVersion) -> HttpClient {
        let socket = TcpStream::connect(("127.0.0.1", port))
            .await
            .expect("a connection");
        socket.set_nodelay(true).expect("a TCP socket");
        HttpClient::over(socket, version).await
    }

    /// A client over a connection of any kind.
    pub async fn over<S>(socket: S, version: HttpVersion) -> HttpClient
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let io = TokioIo::new(socket);
        match version {
            HttpVersion::Http1 => {
                let (sender, connection) = hyper::client::conn::http1::handshake(io)
                    .await
                    .expect("HTTP/1.1");
                tokio::spawn(connection);
                HttpClient(Sender::One(sender))
            }
            HttpVersion::Http2 => {
                let executor = TokioExecutor::new();
                let (sender, connection) = hyper::client::conn::http2::handshake(executor, io)
                    .await
                    .expect("HTTP/2");
                tokio::spawn(connection);
                HttpClient(Sender::Two(sender))
            }
        }
    }

    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> HttpResponse {
        let response = match &mut self.0 {
            Sender::One(sender) => {
                sender.ready().await.expect("an open connection");
                sender.send_request(request).await
            }
            Sender::Two(sender) => {
                sender.ready().await.expect("an open connection");
                sender.send_request(request).await
            }
        };
        let (parts, body) = response.expect("an answer").into_parts();
        let body = body.collect().await.expect("a whole body");
        let trailers = body.trailers().cloned().unwrap_or_default();
        HttpResponse {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes(),
            trailers,
        }
    }

    /// Posts `body` with headers written `name: value`.
    pub async fn post(
        &mut self,
        path: &str,
        headers: &[&str],
        body: impl Into<Bytes>,
    ) -> HttpResponse {
        let mut request =
            Request::post(format!("http://localhost{path}")).header("host", "localhost");
        for header in headers {
            let (name, value) = header.split_once(": ").expect("name: value");
            request = request.header(name, value);
        }
        self.send(request.body(Full::new(body.into())).expect("a request"))
            .await
    }
}

/// Opens a stream by POST over HTTP/2. Returns the head and the unread body.
pub async fn stream(
    port: u16,
    path: &str,
    headers: &[&str],
    body: &[u8],
) -> (HttpResponse, Incoming) {
    let mut client = HttpClient::connect(port, HttpVersion::Http2).await;
    let mut request = Request::post(format!("http://localhost{path}"));
    for header in headers {
        let (name, value) = header.split_once(": ").expect("name: value");
        request = request.header(name, value);
    }
    let body = Full::new(Bytes::copy_from_slice(body));
    let request = request.body(body).expect("a request");
    let Sender::Two(sender) = &mut client.0 else {
        panic!("HTTP/2 was requested");
    };
    let (parts, body) = sender
        .send_request(request)
        .await
        .expect("an answer")
        .into_parts();
    let (status, headers) = (parts.status, parts.headers);
    let head = HttpResponse {
        status,
        headers,
        body: Bytes::new(),
        trailers: HeaderMap::new(),
    };
    (head, body)
}

/// Reads the rest of a stream.
pub async fn whole(body: &mut Incoming) -> Result<Bytes, hyper::Error> {
    Ok(body.collect().await?.to_bytes())
}

/// Opens a stream by GET over HTTP/1.1. Returns the response with its unread body.
pub async fn get(port: u16, path: &str, headers: &[&str]) -> Response<Incoming> {
    let socket = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("a connection");
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
        .await
        .expect("HTTP/1.1");
    tokio::spawn(connection);
    let mut request = Request::get(path).header("host", "localhost");
    for header in headers {
        let (name, value) = header.split_once(": ").expect("name: value");
        request = request.header(name, value);
    }
    let request = request.body(Full::<Bytes>::default()).expect("a request");
    sender.send_request(request).await.expect("an answer")
}

/// Posts JSON to a method of the evaluation port over a new connection.
pub async fn call(server: &Server, path: &str, body: &str) -> HttpResponse {
    let mut client = HttpClient::connect(server.port, HttpVersion::Http1).await;
    let json = ["content-type: application/json"];
    client.post(path, &json, body.to_owned()).await
}
