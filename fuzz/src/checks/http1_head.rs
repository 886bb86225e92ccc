//! Heads of HTTP/1.1 requests, compared with hyper: what the fast path accepts, hyper reads as the same request.

use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

use bytes::Bytes;
use bytes::BytesMut;
use fanion::serve::connection::http1::request_head;
use fanion::serve::connection::http1::request_head::ParsedRequest;
use http::Request;
use http::Response;
use http_body_util::BodyExt as _;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;

/// The largest head of the fast path.
const MAX_HEAD: usize = 8 * 1024;

/// A request in a form that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SeenRequest {
    line: String,
    fields: Vec<(String, Vec<u8>)>,
    body: Bytes,
}

impl SeenRequest {
    fn new(parts: &http::request::Parts, body: Bytes) -> SeenRequest {
        let fields = parts.headers.iter();
        SeenRequest {
            line: format!("{} {} {:?}", parts.method, parts.uri, parts.version),
            fields: fields
                .map(|(k, v)| (k.to_string(), v.as_bytes().to_vec()))
                .collect(),
            body,
        }
    }
}

pub fn check(data: &[u8]) {
    let (fast, left) = fast_requests(data, data.len());
    let halves = usize::from(data.first().copied().unwrap_or(1)).max(1);
    let (pieces, _) = fast_requests(data, halves);
    assert_eq!(fast, pieces, "in pieces of {halves} bytes");
    assert!(data.ends_with(&left), "bytes are lost or changed");
    if !fast.is_empty() {
        let hyper = hyper_requests(data);
        assert_eq!(
            hyper.get(..fast.len()),
            Some(&*fast),
            "{:?}",
            String::from_utf8_lossy(data)
        );
    }
}

/// The requests that the fast path takes from bytes that arrive in pieces, and the bytes that it leaves.
fn fast_requests(data: &[u8], piece: usize) -> (Vec<SeenRequest>, BytesMut) {
    let mut seen = Vec::new();
    let mut read = BytesMut::new();
    let mut parts = Request::new(()).into_parts().0;
    let mut pieces = data.chunks(piece.max(1));
    loop {
        match request_head::parse_next(&mut read, MAX_HEAD, &mut parts) {
            ParsedRequest::Complete { head_length, bytes } => {
                seen.push(SeenRequest::new(&parts, bytes.slice(head_length..)));
            }
            ParsedRequest::Partial { .. } => match pieces.next() {
                Some(piece) => read.extend_from_slice(piece),
                None => return (seen, read),
            },
            ParsedRequest::NotSimple => {
                pieces.for_each(|piece| read.extend_from_slice(piece));
                return (seen, read);
            }
        }
    }
}

/// The requests that hyper reads from the bytes.
fn hyper_requests(data: &[u8]) -> Vec<SeenRequest> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let seen = Rc::new(RefCell::new(Vec::new()));
    let to = seen.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let seen = to.clone();
        async move {
            let (parts, body) = request.into_parts();
            if let Ok(body) = body.collect().await {
                seen.borrow_mut()
                    .push(SeenRequest::new(&parts, body.to_bytes()));
            }
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }
    });
    runtime.block_on(async {
        let (mut client, server) = tokio::io::duplex(data.len() + (1 << 20));
        client.write_all(data).await.expect("room");
        client.shutdown().await.expect("an end");
        let mut http1 = hyper::server::conn::http1::Builder::new();
        // Broken requests end the connection with an error.
        let _ = http1
            .half_close(true)
            .serve_connection(TokioIo::new(server), service)
            .await;
    });
    seen.take()
}
