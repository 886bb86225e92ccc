//! A server in this process, and clients for it.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use fanion::live::Live;
use fanion::serve;
use fanion::serve::Listeners;
use fanion::serve::ServeConfig;
use fanion::serve::listen::socket::ListenAddr;
use fanion::serve::listen::socket::Listener;
use fanion::serve::listen::tls::ReloadableTlsConfig;
use fanion::source;
use fanion::source::spec::SourceSpec;
use fanion::source::updater;
use fanion::source::updater::Updater;
use fanion::source::updater::loader::Loader;
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

/// A running server. Stops when it is dropped.
pub struct Server {
    pub live: Arc<Live>,
    pub port: u16,
    pub ofrep: u16,
    pub management: u16,
    pub sync: u16,
    pub shutdown: tokio::sync::watch::Sender<bool>,
    pub ended: tokio::task::JoinHandle<()>,
    _watch: Updater,
}

/// Serves the flag files at `path`.
pub async fn start(path: &Path) -> Server {
    start_with(path, ServeConfig::default()).await
}

pub async fn start_with(path: &Path, settings: ServeConfig) -> Server {
    start_on(path, settings, listeners(None).await).await
}

/// Serves on sockets that are bound already.
pub async fn start_on(path: &Path, settings: ServeConfig, listeners: Listeners) -> Server {
    let live = Arc::new(Live::default());
    let specs = [SourceSpec::from_path(path)];
    let loader = Loader::new(&specs, &source::SourceConfig::default(), live.clone());
    start_all(loader, live, settings, listeners).await
}

/// Serves the flags of any sources.
pub async fn start_loader(loader: Loader, live: Arc<Live>, settings: ServeConfig) -> Server {
    start_all(loader, live, settings, listeners(None).await).await
}

async fn start_all(
    loader: Loader,
    live: Arc<Live>,
    settings: ServeConfig,
    listeners: Listeners,
) -> Server {
    let watch = updater::start(loader).expect("the sources can be followed");
    watch.initial_load().await.expect("it does not insist");
    let port = |listener: &Listener| listener.port().unwrap_or(0);
    let (evaluation, sync) = (port(&listeners.evaluation), port(&listeners.sync));
    let (management, ofrep) = (port(&listeners.management), port(&listeners.ofrep));
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
        port: evaluation,
        ofrep,
        management,
        sync,
        shutdown,
        ended,
        _watch: watch,
    }
}

/// Free ports.
pub async fn listeners(tls: Option<Arc<ReloadableTlsConfig>>) -> Listeners {
    let place = ListenAddr::Tcp(Some(Ipv4Addr::LOCALHOST.into()), 0);
    let local = || Listener::bind(&place);
    Listeners {
        evaluation: local().await.expect("a free port"),
        management: local().await.expect("a free port"),
        ofrep: local().await.expect("a free port"),
        sync: local().await.expect("a free port"),
        tls,
    }
}

/// Serves one document.
pub async fn serve_text(name: &str, text: &str) -> (Server, tempfile::TempDir) {
    serve_with(name, text, ServeConfig::default()).await
}

/// The same, with settings of its own.
pub async fn serve_with(
    name: &str,
    text: &str,
    settings: ServeConfig,
) -> (Server, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join(name);
    std::fs::write(&path, text).expect("a file");
    (start_with(&path, settings).await, dir)
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
        Client::over(socket, version).await
    }

    /// A client over a connection of any kind.
    pub async fn over<S>(socket: S, version: Http) -> Client
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
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

/// Opens a stream by POST over HTTP/2, to be read as it comes.
pub async fn stream(port: u16, path: &str, headers: &[&str], body: &[u8]) -> (Answer, Incoming) {
    let mut client = Client::connect(port, Http::Two).await;
    let mut request = Request::post(format!("http://localhost{path}"));
    for header in headers {
        let (name, value) = header.split_once(": ").expect("name: value");
        request = request.header(name, value);
    }
    let body = Full::new(Bytes::copy_from_slice(body));
    let request = request.body(body).expect("a request");
    let Sender::Two(sender) = &mut client.0 else {
        panic!("it was asked for");
    };
    let (parts, body) = sender
        .send_request(request)
        .await
        .expect("an answer")
        .into_parts();
    let (status, headers) = (parts.status, parts.headers);
    let head = Answer {
        status,
        headers,
        body: Bytes::new(),
    };
    (head, body)
}

/// The rest of a stream.
pub async fn whole(body: &mut Incoming) -> Result<Bytes, hyper::Error> {
    Ok(body.collect().await?.to_bytes())
}

/// Opens a stream by GET, to be read as it comes.
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
