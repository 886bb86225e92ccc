//! The requests of an HTTP/1.1 connection that are here whole, answered where they came in.
//!
//! hyper is ready for whatever HTTP/1.1 can be: bodies in pieces, expectations, upgrades, requests that wait for something.
//! That costs more than an evaluation, which is a few hundred bytes there and back, and its buffers cost more than a stream
//! that is silent most of the time. So a connection begins here, and goes over to hyper, for good and with all that was
//! read, at the first request that is not of the plain kind or is not answered at once. What a request means is found out
//! by the same code in both places.

use std::io;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use bytes::BytesMut;
use http::request;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;
use tokio::task::coop;
use tokio::time::Instant;

use crate::limits;
use crate::serve::connection::http1::chunked;
use crate::serve::connection::http1::request_head;
use crate::serve::connection::http1::request_head::ParsedRequest;
use crate::serve::connection::http1::response_head;
use crate::serve::connection::http1::response_head::DateHeader;
use crate::serve::connection::http1::response_head::ResponseBody;
use crate::serve::connection::protocol_detection::DetectedIo;
use crate::serve::http::body::Body;
use crate::serve::http::handler::Handler;
use crate::serve::listen::accept::shutdown_requested;

/// How many bytes there is room for when more are read: nearly every request is shorter.
const READ_CHUNK: usize = 2048;
/// How many bytes of answers are gathered before they are sent.
const FLUSH_AT: usize = 16 * 1024;

/// What a connection may ask of a port.
#[derive(Debug, Clone, Copy)]
pub struct Http1Limits {
    /// How long until there is a request.
    pub read_timeout: Duration,
    /// The largest head, in bytes.
    pub max_head: usize,
}

/// Answers what a connection asks, as long as it is of the plain kind. The connection, if something else comes; nothing,
/// if it has ended, was silent for too long, or it is time to go.
///
/// # Errors
/// If the connection breaks.
pub async fn serve<S, A>(
    io: DetectedIo<S>,
    handler: &A,
    terms: Http1Limits,
    shutdown: &mut watch::Receiver<bool>,
) -> io::Result<Option<DetectedIo<S>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
    A: Handler,
{
    let mut prompt = Http1Connection::new(io, handler, terms);
    let mut over = pin!(shutdown_requested(shutdown));
    // One timer for all requests: it looks when the last one was whenever it rings.
    let mut timer = pin!(tokio::time::sleep(terms.read_timeout));
    loop {
        prompt.read_buffer.reserve(READ_CHUNK);
        tokio::select! {
            biased;
            count = prompt.io.read_buf(&mut prompt.read_buffer) => match count? {
                0 => break,
                _ if prompt.handle_buffered().await? => {}
                _ => return Ok(Some(prompt.hand_over())),
            },
            () = &mut over => break,
            () = timer.as_mut() => match prompt.last_response_at + terms.read_timeout {
                due if due > Instant::now() => timer.as_mut().reset(due),
                _ => break,
            },
        }
    }
    if prompt.request_length.is_some() {
        return Ok(Some(prompt.hand_over()));
    }
    prompt.io.shutdown().await?;
    Ok(None)
}

/// What became of a request.
enum RequestOutcome {
    /// The head of its answer is written, and this is the body.
    Responded(ResponseBody),
    /// It is not all here.
    Incomplete,
    /// It is not for here.
    HandOver,
}

/// A connection, and what goes on in it.
struct Http1Connection<'a, S, A> {
    io: DetectedIo<S>,
    handler: &'a A,
    /// The largest head, in bytes.
    max_head: usize,
    /// What was read and is not answered.
    read_buffer: BytesMut,
    /// How long that has to be until there is a request, if only the end of its body is missing.
    request_length: Option<usize>,
    /// The last request. Its memory serves the next.
    request: request::Parts,
    /// When it was answered.
    last_response_at: Instant,
    /// Answers that are not sent.
    write_buffer: Vec<u8>,
    date: DateHeader,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin, A: Handler> Http1Connection<'a, S, A> {
    fn new(io: DetectedIo<S>, handler: &'a A, terms: Http1Limits) -> Http1Connection<'a, S, A> {
        Http1Connection {
            io,
            handler,
            max_head: terms.max_head.min(limits::FAST_PATH_HEAD),
            read_buffer: BytesMut::new(),
            request_length: None,
            request: empty_request(),
            last_response_at: Instant::now(),
            write_buffer: Vec::new(),
            date: DateHeader::default(),
        }
    }

    /// Answers the requests that are here; `false` if one of them is not for here.
    async fn handle_buffered(&mut self) -> io::Result<bool> {
        self.date.update();
        let plain = loop {
            match self.handle_next() {
                RequestOutcome::Responded(content) => {
                    match content {
                        ResponseBody::Buffered(body) => self.write_body(body).await?,
                        ResponseBody::Streamed(body) => self.stream_body(body).await?,
                    }
                    self.last_response_at = Instant::now();
                }
                RequestOutcome::Incomplete => break true,
                RequestOutcome::HandOver => break false,
            }
        };
        self.flush().await?;
        Ok(plain)
    }

    /// Answers the next request.
    fn handle_next(&mut self) -> RequestOutcome {
        if self
            .request_length
            .is_some_and(|wanted| self.read_buffer.len() < wanted)
        {
            return RequestOutcome::Incomplete;
        }
        self.request_length = None;
        let (head, whole) =
            match request_head::parse_next(&mut self.read_buffer, self.max_head, &mut self.request)
            {
                ParsedRequest::Complete {
                    head_length: head,
                    bytes: whole,
                } => (head, whole),
                ParsedRequest::Partial {
                    request_length: wanted,
                } => {
                    self.request_length = wanted;
                    return RequestOutcome::Incomplete;
                }
                ParsedRequest::NotSimple => return RequestOutcome::HandOver,
            };
        let response = self
            .handler
            .try_handle_now(&mut self.request, &whole.slice(head..));
        let Some((head, content)) = response.and_then(response_head::split_response) else {
            request_head::put_back(&mut self.read_buffer, &whole);
            return RequestOutcome::HandOver;
        };
        response_head::write_head(&mut self.write_buffer, &head, &content, &self.date);
        RequestOutcome::Responded(content)
    }

    /// Adds the body of an answer, and sends what has become enough.
    async fn write_body(&mut self, body: Bytes) -> io::Result<()> {
        if body.len() < FLUSH_AT {
            self.write_buffer.extend_from_slice(&body);
        } else {
            self.flush().await?;
            self.io.write_all(&body).await?;
        }
        if self.write_buffer.len() >= FLUSH_AT {
            self.flush().await?;
        }
        // However many requests came in at once: others have their turn.
        coop::consume_budget().await;
        Ok(())
    }

    /// Adds a body that may take its time, and holds no memory for requests while it does.
    async fn stream_body(&mut self, body: Body) -> io::Result<()> {
        self.flush().await?;
        self.write_buffer = Vec::new();
        self.request = empty_request();
        self.read_buffer = BytesMut::from(&*self.read_buffer);
        chunked::send_chunked(&mut self.io, &mut self.read_buffer, body).await?;
        self.date.update();
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.io.write_all(&self.write_buffer).await?;
        self.write_buffer.clear();
        self.io.flush().await
    }

    /// The connection, as if nothing of what is not answered had been read.
    fn hand_over(self) -> DetectedIo<S> {
        let mut channel = self.io;
        channel.unread(self.read_buffer);
        channel
    }
}

/// A request that says nothing.
fn empty_request() -> request::Parts {
    http::Request::new(()).into_parts().0
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http::Response;
    use hyper::body::Incoming;

    use super::*;
    use crate::serve::http::body;

    /// Answers a request with its body, in pieces for a stream, unless it is told to be slow.
    struct Echo;

    impl Handler for Echo {
        fn handle(&self, _: Request<Incoming>) -> impl Future<Output = Response<Body>> + use<> {
            std::future::pending()
        }

        fn try_handle_now(
            &self,
            request: &mut request::Parts,
            body: &Bytes,
        ) -> Option<Response<Body>> {
            Some(Response::new(match request.uri.path() {
                "/slow" => return None,
                "/stream" => pieces(["one", "", "and twenty-two and three"]),
                _ => Body::Full(body.clone()),
            }))
        }
    }

    /// A body that comes in these pieces.
    fn pieces<const N: usize>(texts: [&'static str; N]) -> Body {
        let (sender, receiver) = tokio::sync::mpsc::channel(N);
        for text in texts {
            sender.try_send(body::data_frame(text)).expect("room");
        }
        Body::Stream(receiver)
    }

    const LIMITS: Http1Limits = Http1Limits {
        read_timeout: Duration::from_secs(60),
        max_head: 1000,
    };

    /// What is said to these bytes before the client goes, and what is left of them for hyper.
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
            to.write_all(text.as_bytes()).await.expect("it takes it");
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
        let ((), rest) = ended.expect("it is let go");
        assert!(
            rest.expect("no break").is_none(),
            "it was let in to its end"
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
}
