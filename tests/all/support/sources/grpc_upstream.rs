//! A flag sync server that a source subscribes to.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;

use bytes::Bytes;
use fanion::source::spec;
use fanion::source::spec::SourceSpec;
use futures_util::StreamExt as _;
use futures_util::stream;
use http::Request;
use http::Response;
use http_body_util::Full;
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::server;
use crate::support::server::Server;
use crate::support::sources::RunningSources;
use crate::support::sources::settings;
use crate::support::sources::start_sources;
use crate::support::temp_dir::TempDir;
use crate::support::temp_dir::replace_file;

/// A gRPC source with additional fields of an entry of `--sources`.
pub fn grpc_source_spec(uri: &str, more: &serde_json::Value) -> SourceSpec {
    let mut entry = json!({"uri": uri, "provider": "grpc"});
    for (key, value) in more.as_object().expect("an object") {
        entry[key] = value.clone();
    }
    spec::parse_list(&json!([entry]).to_string())
        .expect("a source")
        .remove(0)
}

pub fn subscribe(uri: &str, more: &serde_json::Value) -> RunningSources {
    start_sources(&[grpc_source_spec(uri, more)], &settings())
}

/// A server with flag sync, and the file that it serves.
pub struct GrpcUpstream {
    pub server: Server,
    pub path: PathBuf,
    _directory: TempDir,
}

impl GrpcUpstream {
    pub fn target(&self) -> String {
        format!("127.0.0.1:{}", self.server.sync)
    }

    pub fn write(&self, text: &str) {
        replace_file(&self.path, text);
    }
}

pub async fn start_grpc_upstream(text: &str) -> GrpcUpstream {
    let (server, directory) = server::serve_text("flags.json", text).await;
    let path = directory.path().join("flags.json");
    GrpcUpstream {
        server,
        path,
        _directory: directory,
    }
}

/// A gRPC server that records the head of each request and answers with this message, encoded as it is, and
/// `grpc-encoding`. Its streams stay open.
pub async fn recorded_stream_server(
    encoding: &'static str,
    message: Vec<u8>,
) -> (
    SocketAddr,
    tokio::sync::mpsc::UnboundedReceiver<http::request::Parts>,
) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let message = Bytes::from(message);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (sender, message) = (sender.clone(), message.clone());
            let service =
                hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                    let _ = sender.send(request.into_parts().0);
                    let first = Ok::<_, Infallible>(Frame::data(message.clone()));
                    let frames = stream::once(std::future::ready(first)).chain(stream::pending());
                    let response = Response::builder()
                        .header("content-type", "application/grpc")
                        .header("grpc-encoding", encoding)
                        .body(StreamBody::new(frames));
                    std::future::ready(response)
                });
            let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(builder.serve_connection(TokioIo::new(socket), service));
        }
    });
    (address, receiver)
}

/// A gRPC server that records the head of each request and rejects it.
pub async fn recording_grpc_server() -> (
    SocketAddr,
    tokio::sync::mpsc::UnboundedReceiver<http::request::Parts>,
) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let sender = sender.clone();
            let service =
                hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                    let _ = sender.send(request.into_parts().0);
                    let response = Response::builder()
                        .header("content-type", "application/grpc")
                        .header("grpc-status", "16")
                        .header("grpc-message", "who are you")
                        .body(Full::<Bytes>::default());
                    std::future::ready(response)
                });
            let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(builder.serve_connection(TokioIo::new(socket), service));
        }
    });
    (address, receiver)
}
