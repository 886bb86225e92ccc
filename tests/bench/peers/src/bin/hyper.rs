//! The baseline of hyper: reads and drops the body, and sends a constant response. Usage: `hyper ADDRESS [MESSAGE]`.
//!
//! Serves HTTP/2 with trailers, as gRPC does. MESSAGE is a file with the message of the response.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::Context;
use std::task::Poll;

use bytes::Bytes;
use http_body::Frame;
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;

/// value = true, reason = "TARGETING_MATCH", variant = "on", metadata = {}
const MESSAGE: &[u8] = b"\x08\x01\x12\x0fTARGETING_MATCH\x1a\x02on\x22\x00";

static FRAMED: OnceLock<Bytes> = OnceLock::new();

struct Answer(u8);

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0 += 1;
        Poll::Ready(match self.0 {
            1 => Some(Ok(Frame::data(FRAMED.get().expect("set at the start").clone()))),
            2 => {
                let mut trailers = http::HeaderMap::with_capacity(1);
                trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
                Some(Ok(Frame::trailers(trailers)))
            }
            _ => None,
        })
    }
}

async fn answer(mut request: Request<Incoming>) -> Result<Response<Answer>, Infallible> {
    while request.body_mut().frame().await.is_some() {}
    let response = Response::builder().header("content-type", "application/grpc");
    Ok(response.body(Answer(0)).expect("a valid response"))
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().expect("usage: hyper ADDRESS [MESSAGE]");
    let message = arguments.next().map_or(MESSAGE.to_vec(), |path| std::fs::read(path).expect("a file"));
    let mut framed = vec![0];
    framed.extend_from_slice(&u32::try_from(message.len()).expect("a short message").to_be_bytes());
    framed.extend_from_slice(&message);
    FRAMED.get_or_init(|| framed.into());
    let listener = tokio::net::TcpListener::bind(address).await.expect("a free port");
    loop {
        let (socket, _) = listener.accept().await.expect("a connection");
        let _ = socket.set_nodelay(true);
        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        tokio::spawn(server.serve_connection(TokioIo::new(socket), service_fn(answer)));
    }
}
