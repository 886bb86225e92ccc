//! Tests of the HTTP/1.1 fast path over an in-memory connection.

use http::Request;
use http::Response;
use hyper::body::Incoming;

use super::*;
use crate::serve::http::body;

/// Echoes the body of a request. Sends three frames for `/stream`, and leaves `/slow` to hyper.
struct Echo;

impl Handler for Echo {
    fn handle(&self, _: Request<Incoming>) -> impl Future<Output = Response<Body>> + use<> {
        std::future::pending()
    }

    fn try_handle_now(&self, request: &mut request::Parts, body: &Bytes) -> Option<Response<Body>> {
        Some(Response::new(match request.uri.path() {
            "/slow" => return None,
            "/stream" => pieces(["one", "", "and twenty-two and three"]),
            _ => Body::Full(body.clone()),
        }))
    }
}

/// A stream of these frames.
fn pieces<const N: usize>(texts: [&'static str; N]) -> Body {
    let (sender, receiver) = tokio::sync::mpsc::channel(N);
    for text in texts {
        sender.try_send(body::data_frame(text)).expect("room");
    }
    Body::Stream(receiver)
}

const LIMITS: Http1Limits = Http1Limits {
    read_timeout: Duration::from_secs(60),
    drain_wait: Duration::from_secs(60),
    max_head: 1000,
};

/// The responses to these bytes before the client disconnects, and the bytes that are left for hyper.
async fn exchange(bytes: &str) -> (String, Option<String>) {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    client.write_all(bytes.as_bytes()).await.expect("room");
    let mut to = client;
    to.shutdown().await.expect("an end");
    let channel = DetectedIo::detect(server).await.expect("a connection");
    let (_shutdown, mut announced) = watch::channel(false);
    let rest = serve(channel, &Echo, LIMITS, &mut announced).await;
    let rest = match rest.expect("no break") {
        Some(channel) => Some(all(channel).await),
        None => None,
    };
    (all(to).await, rest)
}

async fn all(mut stream: impl AsyncRead + Unpin) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("text");
    text
}

fn request(path: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{body}")
}

#[tokio::test]
async fn simple_requests_are_served_on_the_fast_path() {
    let (said, rest) = exchange(&(request("/a", "one") + &request("/b", "two"))).await;
    assert_eq!(rest, None);
    let found: Vec<_> = said
        .matches("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ndate: ")
        .collect();
    assert_eq!(found.len(), 2, "{said}");
    assert!(
        said.contains("\r\n\r\none") && said.ends_with("\r\n\r\ntwo"),
        "{said}"
    );
}

#[tokio::test]
async fn streams_are_served_on_the_fast_path() {
    let get = "GET /stream HTTP/1.1\r\nhost: a\r\n";
    for asked in [
        request("/stream", "one"),
        format!("{get}\r\n"),
        format!("{get}content-length: 3\r\n\r\none"),
    ] {
        let (said, rest) = exchange(&(asked + &request("/b", "two"))).await;
        assert_eq!(rest, None);
        let (head, body) = said.split_once("\r\n\r\n").expect("a head");
        let begin = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ndate: ";
        assert!(head.starts_with(begin), "{head}");
        let chunks = "3\r\none\r\n18\r\nand twenty-two and three\r\n0\r\n\r\n";
        let next = body.strip_prefix(chunks).expect("all pieces");
        assert!(next.starts_with("HTTP/1.1 200 OK\r\n"), "{next}");
        assert!(next.ends_with("\r\n\r\ntwo"), "{next}");
    }
}

#[tokio::test]
async fn short_request_after_a_fragmented_one_is_served() {
    let (client, server) = tokio::io::duplex(64);
    let (from, mut to) = tokio::io::split(client);
    let text = request("/a", &"x".repeat(300)) + &request("/b", "two");
    let write = async {
        to.write_all(text.as_bytes())
            .await
            .expect("the server reads");
        to.shutdown().await.expect("an end");
    };
    let (_shutdown, mut announced) = watch::channel(false);
    let serve = async {
        let channel = DetectedIo::detect(server).await?;
        serve(channel, &Echo, LIMITS, &mut announced).await
    };
    let ((), rest, said) = tokio::join!(write, serve, all(from));
    assert!(rest.expect("no break").is_none());
    assert!(said.ends_with("\r\n\r\ntwo"), "{said}");
}

#[tokio::test]
async fn slow_request_head_is_bound_by_the_read_timeout() {
    let (mut client, server) = tokio::io::duplex(64);
    client
        .write_all(b"POST / HTTP/1.1\r\na: ")
        .await
        .expect("room");
    let channel = DetectedIo::detect(server).await.expect("a connection");
    let (_shutdown, mut announced) = watch::channel(false);
    let terms = Http1Limits {
        read_timeout: Duration::from_millis(50),
        ..LIMITS
    };
    let drip = async {
        while client.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let both = async { tokio::join!(drip, serve(channel, &Echo, terms, &mut announced)) };
    let ended = tokio::time::timeout(Duration::from_secs(20), both).await;
    let ((), rest) = ended.expect("the connection is closed");
    assert!(
        rest.expect("no break").is_none(),
        "the connection was handed to hyper"
    );
}

#[tokio::test]
async fn other_requests_are_handed_to_hyper_with_their_bytes() {
    let plain = request("/a", "one");
    let chunked =
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n";
    for other in [
        &request("/slow", "two"),
        chunked,
        "GET / HTTP/1.1\r\n\r\n",
        "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n",
        "get / HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.0\r\nhost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\ncontent-length: 0\r\n\r\n",
        "what?\r\n\r\n",
    ] {
        let (said, rest) = exchange(&format!("{plain}{other}{plain}")).await;
        assert!(said.ends_with("\r\n\r\none"), "{said}");
        assert_eq!(rest, Some(format!("{other}{plain}")));
    }
    let half = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf";
    assert_eq!(exchange(half).await, (String::new(), Some(half.to_owned())));
}
