//! A server in this process, and clients for it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fanion::document::Faults;
use fanion::live::Live;
use fanion::serve;
use fanion::serve::Listeners;
use fanion::serve::Settings;
use fanion::source::loader::Loader;
use fanion::source::uri::Uri;
use fanion::source::watch;
use fanion::source::watch::Watch;
use fanion::wire::extra::Extra;
use http::HeaderMap;
use http::Request;
use http::StatusCode;
use http_body_util::BodyExt as _;
use http_body_util::Full;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

/// A running server. Stops when it is dropped.
pub struct Server {
    pub live: Arc<Live>,
    pub port: u16,
    pub ofrep: u16,
    pub management: u16,
    pub sync: u16,
    pub shutdown: tokio::sync::watch::Sender<bool>,
    pub ended: tokio::task::JoinHandle<()>,
    _watch: Watch,
}

pub fn settings() -> Settings {
    Settings {
        max_body: 1_000_000,
        max_header: 1_000_000,
        extra: Extra::default(),
        stream_deadline: Duration::ZERO,
        sync_metadata: true,
        grace: Duration::from_secs(5),
        keep_alive: Duration::from_secs(20),
        metrics: Arc::default(),
        traces: None,
    }
}

/// Serves the flag files at `path`.
pub async fn start(path: &Path) -> Server {
    start_with(path, settings()).await
}

pub async fn start_with(path: &Path, settings: Settings) -> Server {
    let live = Arc::new(Live::default());
    let loader = Loader::new(&[Uri::File(path.into())], Faults::Contain, live.clone());
    let mut watch = watch::start(loader).expect("the files can be watched");
    watch.first_look().await;
    let local = || TcpListener::bind(("127.0.0.1", 0));
    let listeners = Listeners {
        evaluation: local().await.expect("a free port"),
        management: local().await.expect("a free port"),
        ofrep: local().await.expect("a free port"),
        sync: local().await.expect("a free port"),
    };
    let port = listeners.evaluation.local_addr().expect("bound").port();
    let management = listeners.management.local_addr().expect("bound").port();
    let sync = listeners.sync.local_addr().expect("bound").port();
    let ofrep = listeners.ofrep.local_addr().expect("bound").port();
    let (shutdown, down) = tokio::sync::watch::channel(false);
    let ended = tokio::spawn(serve::run(
        listeners,
        live.clone(),
        settings,
        std::future::ready(()),
        down,
    ));
    Server {
        live,
        port,
        ofrep,
        management,
        sync,
        shutdown,
        ended,
        _watch: watch,
    }
}

/// Serves one document.
pub async fn serve_text(name: &str, text: &str) -> (Server, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join(name);
    std::fs::write(&path, text).expect("a file");
    (start(&path).await, dir)
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
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
pub enum Http {
    One,
    Two,
}

enum Sender {
    One(hyper::client::conn::http1::SendRequest<Full<Bytes>>),
    Two(hyper::client::conn::http2::SendRequest<Full<Bytes>>),
}

/// A connection that is kept open.
pub struct Client(Sender);

impl Client {
    pub async fn connect(port: u16, version: Http) -> Client {
        let socket = TcpStream::connect(("127.0.0.1", port))
            .await
            .expect("a connection");
        socket.set_nodelay(true).expect("a TCP socket");
        let io = TokioIo::new(socket);
        match version {
            Http::One => {
                let (sender, connection) = hyper::client::conn::http1::handshake(io)
                    .await
                    .expect("HTTP/1.1");
                tokio::spawn(connection);
                Client(Sender::One(sender))
            }
            Http::Two => {
                let executor = TokioExecutor::new();
                let (sender, connection) = hyper::client::conn::http2::handshake(executor, io)
                    .await
                    .expect("HTTP/2");
                tokio::spawn(connection);
                Client(Sender::Two(sender))
            }
        }
    }

    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Answer {
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
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes(),
        }
    }

    /// Posts `body` with headers written `name: value`.
    pub async fn post(&mut self, path: &str, headers: &[&str], body: impl Into<Bytes>) -> Answer {
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

/// Posts JSON to a method of the evaluation port over a connection of its own.
pub async fn call(server: &Server, path: &str, body: &str) -> Answer {
    let mut client = Client::connect(server.port, Http::One).await;
    let json = ["content-type: application/json"];
    client.post(path, &json, body.to_owned()).await
}

/// The gRPC clients, generated from the same proto files as the server's messages.
#[allow(
    clippy::pedantic,
    rust_2018_idioms,
    unused_qualifications,
    reason = "generated"
)]
pub mod pb {
    pub mod evaluation1 {
        include!(concat!(env!("OUT_DIR"), "/client/flagd.evaluation.v1.rs"));
    }
    pub mod evaluation2 {
        include!(concat!(env!("OUT_DIR"), "/client/flagd.evaluation.v2.rs"));
    }
    pub mod sync1 {
        include!(concat!(env!("OUT_DIR"), "/client/flagd.sync.v1.rs"));
    }
    pub mod health1 {
        include!(concat!(env!("OUT_DIR"), "/client/grpc.health.v1.rs"));
    }
    pub mod reflection1 {
        include!(concat!(env!("OUT_DIR"), "/client/grpc.reflection.v1.rs"));
    }
    pub mod reflection1alpha {
        include!(concat!(
            env!("OUT_DIR"),
            "/client/grpc.reflection.v1alpha.rs"
        ));
    }
    pub mod schema1 {
        include!(concat!(env!("OUT_DIR"), "/client/schema.v1.rs"));
    }
}

/// A connection for gRPC clients.
pub async fn channel(server: &Server) -> tonic::transport::Channel {
    channel_to(server.port).await
}

/// The same, to any port.
pub async fn channel_to(port: u16) -> tonic::transport::Channel {
    let address = format!("http://127.0.0.1:{port}");
    let endpoint = tonic::transport::Endpoint::from_shared(address).expect("an address");
    endpoint.connect().await.expect("a connection")
}

/// JSON as a protobuf value.
pub fn proto_value(value: &serde_json::Value) -> prost_types::Value {
    use prost_types::value::Kind;
    let kind = match value {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(b) => Kind::BoolValue(*b),
        serde_json::Value::Number(n) => Kind::NumberValue(n.as_f64().expect("a float")),
        serde_json::Value::String(s) => Kind::StringValue(s.clone()),
        serde_json::Value::Array(items) => Kind::ListValue(prost_types::ListValue {
            values: items.iter().map(proto_value).collect(),
        }),
        serde_json::Value::Object(_) => Kind::StructValue(proto_struct(value)),
    };
    prost_types::Value { kind: Some(kind) }
}

/// A JSON object as a protobuf struct.
pub fn proto_struct(value: &serde_json::Value) -> prost_types::Struct {
    let members = value.as_object().expect("an object").iter();
    prost_types::Struct {
        fields: members.map(|(k, v)| (k.clone(), proto_value(v))).collect(),
    }
}
