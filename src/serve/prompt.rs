//! The requests of an HTTP/1.1 connection that are here whole, answered where they came in.
//!
//! hyper is ready for whatever HTTP/1.1 can be: bodies in pieces, expectations, upgrades, requests that wait for something.
//! That costs more than an evaluation, which is a few hundred bytes there and back, and its buffers cost more than a stream
//! that is silent most of the time. So a connection begins here, and goes over to hyper, for good and with all that was
//! read, at the first request that is not of the plain kind or is not answered at once. What a request means is found out
//! by the same code in both places.

mod head;
mod reply;
mod stream;

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
use crate::serve::answers::Answers;
use crate::serve::body::Body;
use crate::serve::channel::Channel;
use crate::serve::listen::announced;
use crate::serve::prompt::head::Look;
use crate::serve::prompt::reply::Content;
use crate::serve::prompt::reply::Date;

/// How many bytes there is room for when more are read: nearly every request is shorter.
const ROOM: usize = 2048;
/// How many bytes of answers are gathered before they are sent.
const ENOUGH: usize = 16 * 1024;

/// What a connection may ask of a port.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How long until there is a request.
    pub patience: Duration,
    /// The largest head, in bytes.
    pub head: usize,
}

/// Answers what a connection asks, as long as it is of the plain kind. The connection, if something else comes; nothing,
/// if it has ended, was silent for too long, or it is time to go.
///
/// # Errors
/// If the connection breaks.
pub async fn serve<S, A>(
    channel: Channel<S>,
    answers: &A,
    terms: Terms,
    shutdown: &mut watch::Receiver<bool>,
) -> io::Result<Option<Channel<S>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
    A: Answers,
{
    let mut prompt = Prompt::new(channel, answers, terms);
    let mut over = pin!(announced(shutdown));
    // One timer for all requests: it looks when the last one was whenever it rings.
    let mut timer = pin!(tokio::time::sleep(terms.patience));
    loop {
        prompt.read.reserve(ROOM);
        tokio::select! {
            biased;
            count = prompt.channel.read_buf(&mut prompt.read) => match count? {
                0 => break,
                _ if prompt.answer().await? => {}
                _ => return Ok(Some(prompt.hand_over())),
            },
            () = &mut over => break,
            () = timer.as_mut() => match prompt.answered + terms.patience {
                due if due > Instant::now() => timer.as_mut().reset(due),
                _ => break,
            },
        }
    }
    if prompt.wanted.is_some() {
        return Ok(Some(prompt.hand_over()));
    }
    prompt.channel.shutdown().await?;
    Ok(None)
}

/// What became of a request.
enum Next {
    /// The head of its answer is written, and this is the body.
    Answered(Content),
    /// It is not all here.
    Wait,
    /// It is not for here.
    Other,
}

/// A connection, and what goes on in it.
struct Prompt<'a, S, A> {
    channel: Channel<S>,
    answers: &'a A,
    /// The largest head, in bytes.
    head: usize,
    /// What was read and is not answered.
    read: BytesMut,
    /// How long that has to be until there is a request, if only the end of its body is missing.
    wanted: Option<usize>,
    /// The last request. Its memory serves the next.
    request: request::Parts,
    /// When it was answered.
    answered: Instant,
    /// Answers that are not sent.
    out: Vec<u8>,
    date: Date,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin, A: Answers> Prompt<'a, S, A> {
    fn new(channel: Channel<S>, answers: &'a A, terms: Terms) -> Prompt<'a, S, A> {
        Prompt {
            channel,
            answers,
            head: terms.head.min(limits::PROMPT_HEAD),
            read: BytesMut::new(),
            wanted: None,
            request: blank(),
            answered: Instant::now(),
            out: Vec::new(),
            date: Date::default(),
        }
    }

    /// Answers the requests that are here; `false` if one of them is not for here.
    async fn answer(&mut self) -> io::Result<bool> {
        self.date.update();
        let plain = loop {
            match self.next() {
                Next::Answered(content) => {
                    match content {
                        Content::Piece(body) => self.put(body).await?,
                        Content::Pieces(body) => self.stream(body).await?,
                    }
                    self.answered = Instant::now();
                }
                Next::Wait => break true,
                Next::Other => break false,
            }
        };
        self.send().await?;
        Ok(plain)
    }

    /// Answers the next request.
    fn next(&mut self) -> Next {
        if self.wanted.is_some_and(|wanted| self.read.len() < wanted) {
            return Next::Wait;
        }
        self.wanted = None;
        let (head, whole) = match head::take(&mut self.read, self.head, &mut self.request) {
            Look::Whole { head, whole } => (head, whole),
            Look::Part { wanted } => {
                self.wanted = wanted;
                return Next::Wait;
            }
            Look::Other => return Next::Other,
        };
        let response = self.answers.prompt(&mut self.request, &whole.slice(head..));
        let Some((head, content)) = response.and_then(reply::content) else {
            head::put_back(&mut self.read, &whole);
            return Next::Other;
        };
        reply::write(&mut self.out, &head, &content, &self.date);
        Next::Answered(content)
    }

    /// Adds the body of an answer, and sends what has become enough.
    async fn put(&mut self, body: Bytes) -> io::Result<()> {
        if body.len() < ENOUGH {
            self.out.extend_from_slice(&body);
        } else {
            self.send().await?;
            self.channel.write_all(&body).await?;
        }
        if self.out.len() >= ENOUGH {
            self.send().await?;
        }
        // However many requests came in at once: others have their turn.
        coop::consume_budget().await;
        Ok(())
    }

    /// Adds a body that may take its time, and holds no memory for requests while it does.
    async fn stream(&mut self, body: Body) -> io::Result<()> {
        self.send().await?;
        self.out = Vec::new();
        self.request = blank();
        self.read = BytesMut::from(&*self.read);
        stream::send(&mut self.channel, &mut self.read, body).await?;
        self.date.update();
        Ok(())
    }

    async fn send(&mut self) -> io::Result<()> {
        self.channel.write_all(&self.out).await?;
        self.out.clear();
        self.channel.flush().await
    }

    /// The connection, as if nothing of what is not answered had been read.
    fn hand_over(self) -> Channel<S> {
        let mut channel = self.channel;
        channel.unread(self.read);
        channel
    }
}

/// A request that says nothing.
fn blank() -> request::Parts {
    http::Request::new(()).into_parts().0
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http::Response;
    use hyper::body::Incoming;

    use super::*;
    use crate::serve::body;

    /// Answers a request with its body, in pieces for a stream, unless it is told to be slow.
    struct Echo;

    impl Answers for Echo {
        fn any(&self, _: Request<Incoming>) -> impl Future<Output = Response<Body>> + use<> {
            std::future::pending()
        }

        fn prompt(&self, request: &mut request::Parts, body: &Bytes) -> Option<Response<Body>> {
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
            sender.try_send(body::piece(text)).expect("room");
        }
        Body::Stream(receiver)
    }

    const TERMS: Terms = Terms {
        patience: Duration::from_secs(60),
        head: 1000,
    };

    /// What is said to these bytes before the client goes, and what is left of them for hyper.
    async fn said(bytes: &str) -> (String, Option<String>) {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        client.write_all(bytes.as_bytes()).await.expect("room");
        let mut to = client;
        to.shutdown().await.expect("an end");
        let channel = Channel::open(server).await.expect("a connection");
        let (_shutdown, mut announced) = watch::channel(false);
        let rest = serve(channel, &Echo, TERMS, &mut announced).await;
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
    async fn hyper_has_nothing_to_do_with_plain_requests() {
        let (said, rest) = said(&(request("/a", "one") + &request("/b", "two"))).await;
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
    async fn hyper_has_nothing_to_do_with_streams() {
        let get = "GET /stream HTTP/1.1\r\nhost: a\r\n";
        for asked in [
            request("/stream", "one"),
            format!("{get}\r\n"),
            format!("{get}content-length: 3\r\n\r\none"),
        ] {
            let (said, rest) = said(&(asked + &request("/b", "two"))).await;
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
    async fn a_short_request_follows_a_long_one_that_came_in_pieces() {
        let (client, server) = tokio::io::duplex(64);
        let (from, mut to) = tokio::io::split(client);
        let text = request("/a", &"x".repeat(300)) + &request("/b", "two");
        let write = async {
            to.write_all(text.as_bytes()).await.expect("it takes it");
            to.shutdown().await.expect("an end");
        };
        let (_shutdown, mut announced) = watch::channel(false);
        let serve = async {
            let channel = Channel::open(server).await?;
            serve(channel, &Echo, TERMS, &mut announced).await
        };
        let ((), rest, said) = tokio::join!(write, serve, all(from));
        assert!(rest.expect("no break").is_none());
        assert!(said.ends_with("\r\n\r\ntwo"), "{said}");
    }

    #[tokio::test]
    async fn a_head_that_comes_in_drops_has_no_more_time_than_any_other() {
        let (mut client, server) = tokio::io::duplex(64);
        client
            .write_all(b"POST / HTTP/1.1\r\na: ")
            .await
            .expect("room");
        let channel = Channel::open(server).await.expect("a connection");
        let (_shutdown, mut announced) = watch::channel(false);
        let terms = Terms {
            patience: Duration::from_millis(50),
            ..TERMS
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
    async fn hyper_gets_all_that_is_not_answered() {
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
            let (said, rest) = said(&format!("{plain}{other}{plain}")).await;
            assert!(said.ends_with("\r\n\r\none"), "{said}");
            assert_eq!(rest, Some(format!("{other}{plain}")));
        }
        let half = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf";
        assert_eq!(said(half).await, (String::new(), Some(half.to_owned())));
    }
}
