//! Accepts connections and serves them: TLS or not, HTTP/1.1 or HTTP/2 as the client begins.

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::Either;
use http::HeaderValue;
use http::Request;
use http::Response;
use http::StatusCode;
use http::Version;
use http::header;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::limits;
use crate::serve::Settings;
use crate::serve::answers::Answers;
use crate::serve::body::Body;
use crate::serve::calm::Calm;
use crate::serve::calm::Policy;
use crate::serve::channel::Channel;
use crate::serve::channel::Speech;
use crate::serve::prompt;
use crate::serve::prompt::Terms;
use crate::serve::socket::Listener;
use crate::serve::socket::Socket;
use crate::serve::tls::Tls;
use crate::serve::turn::Turn;

/// The answer to plain HTTP where TLS is spoken, as Go has it.
const NOT_TLS: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

/// What ten fields of an HTTP/2 header block may have beyond their bytes, as Go has it.
const SLACK: usize = 10 * 32;

/// By how much the head of an HTTP/1.1 request may be longer, as Go has it.
const HEAD_SLACK: usize = 4096;

/// How a port treats its connections.
#[derive(Debug, Clone)]
pub struct Manner {
    /// The largest header block, in bytes.
    pub max_header: usize,
    /// How long a client may take to say what it wants.
    pub read_timeout: Duration,
    /// How long calls in flight may go on after shutdown begins.
    pub grace: Duration,
    /// Open connections; further ones wait to be accepted.
    pub connections: usize,
    /// Places for connections that ports share, as many as there are file descriptors for.
    pub pool: Arc<Semaphore>,
    /// The certificates, where TLS is spoken.
    pub tls: Option<Arc<Tls>>,
    /// How often clients may ping, where that is watched.
    pub pings: Option<Policy>,
}

impl Manner {
    /// The manner of a port without TLS.
    pub fn of(settings: &Settings, pool: &Arc<Semaphore>) -> Manner {
        Manner {
            max_header: settings.max_header,
            read_timeout: settings.read_timeout,
            grace: settings.grace,
            connections: settings.max_connections.clamp(1, Semaphore::MAX_PERMITS),
            pool: pool.clone(),
            tls: None,
            pings: None,
        }
    }

    /// The largest head of an HTTP/1.1 request, in bytes.
    fn head(&self) -> usize {
        self.max_header.saturating_add(HEAD_SLACK)
    }
}

/// Places for connections: those that the probes have for themselves, and those that all other ports share. At most as
/// many as the system has file descriptors for, so that flag files always find one. Raises the process's own limit as
/// far as it may.
pub fn pools() -> (Arc<Semaphore>, Arc<Semaphore>) {
    use rustix::process::Resource;
    use rustix::process::getrlimit;
    use rustix::process::setrlimit;
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let free = usize::try_from(files.saturating_sub(limits::RESERVED_FILES));
    let free = free.unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
    let probes = (free / 4).clamp(1, limits::PROBES);
    let others = free.saturating_sub(probes).max(1);
    (
        Arc::new(Semaphore::new(probes)),
        Arc::new(Semaphore::new(others)),
    )
}

/// Serves a port until `shutdown` turns true and the connections are done, or the grace period is over.
pub async fn serve<A: Answers>(
    listener: Listener,
    answers: A,
    manner: Manner,
    mut shutdown: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(manner.connections));
    let (grace, pool) = (manner.grace, manner.pool.clone());
    let port = Arc::new(Port::new(answers, manner));
    let mut connections = JoinSet::new();
    loop {
        let (places, socket) = tokio::select! {
            accepted = accept(&listener, [&places, &pool]) => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            () = announced(&mut shutdown) => break,
        };
        let (port, shutdown) = (port.clone(), shutdown.clone());
        connections.spawn(async move {
            let _places = places;
            if let Err(error) = port.connection(socket, shutdown).await {
                tracing::debug!(error, "connection ended");
            }
        });
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, drained).await.is_err() {
        tracing::warn!("connections are still busy after the grace period and are cut off");
    }
}

/// Waits until shutdown is announced, or whoever could announce it is gone.
pub async fn announced(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|down| *down).await;
}

/// The next connection, once there is a place for it on the port and in the pool.
async fn accept(
    listener: &Listener,
    [port, pool]: [&Arc<Semaphore>; 2],
) -> ([Option<OwnedSemaphorePermit>; 2], Socket) {
    let port = port.clone().acquire_owned().await.ok();
    let places = [port, pool.clone().acquire_owned().await.ok()];
    loop {
        match listener.accept().await {
            Ok(socket) => return (places, socket),
            Err(error) => {
                // Usually out of file descriptors: others must close before it makes sense to go on.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the connections of a port have in common.
struct Port<A> {
    answers: A,
    manner: Manner,
    http1: http1::Builder,
}

impl<A: Answers> Port<A> {
    fn new(answers: A, manner: Manner) -> Port<A> {
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(manner.read_timeout)
            .max_headers(limits::HEADERS)
            .max_header_size(manner.head())
            // hyper needs room for at least one buffer.
            .max_buf_size(manner.head().max(8192));
        Port {
            answers,
            manner,
            http1,
        }
    }

    /// HTTP/2 for one connection, whose requests are taken to `turn`.
    fn http2(&self, turn: &Turn) -> http2::Builder<Turn> {
        let max_header = u32::try_from(self.manner.max_header + SLACK).unwrap_or(u32::MAX);
        let mut http2 = http2::Builder::new(turn.clone());
        http2
            .timer(TokioTimer::new())
            .max_header_list_size(max_header)
            .max_concurrent_streams(limits::STREAMS_PER_CONNECTION);
        http2
    }

    async fn connection(
        self: Arc<Self>,
        socket: Socket,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let local = matches!(socket, Socket::Unix(_));
        let Some(mut channel) = self.begin(Channel::open(socket), &mut shutdown).await? else {
            return Ok(());
        };
        match self.manner.tls.clone() {
            None => {
                channel.authority = (local && channel.speech == Speech::Http2).then(Box::default);
                self.speak(channel, shutdown).await
            }
            // Boxed, as is what speaks: a connection should not be as large as the largest that it might have been.
            Some(tls) => Box::pin(self.encrypted(channel, tls, shutdown)).await,
        }
    }

    async fn encrypted(
        self: Arc<Self>,
        channel: Channel<Socket>,
        tls: Arc<Tls>,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        if channel.speech != Speech::Tls {
            self.begin(refuse(channel), &mut shutdown).await?;
            return Ok(());
        }
        let handshake = TlsAcceptor::from(tls.config()).accept(channel);
        let Some(stream) = self.begin(handshake, &mut shutdown).await? else {
            return Ok(());
        };
        match self.begin(Channel::open(stream), &mut shutdown).await? {
            Some(channel) => self.speak(channel, shutdown).await,
            None => Ok(()),
        }
    }

    /// One step on the way to the first request, within the time limit. `None` at shutdown.
    async fn begin<T>(
        &self,
        step: impl Future<Output = io::Result<T>>,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Result<Option<T>, Failure> {
        tokio::select! {
            done = tokio::time::timeout(self.manner.read_timeout, step) => Ok(Some(done??)),
            () = announced(shutdown) => Ok(None),
        }
    }

    async fn speak<S>(
        self: Arc<Self>,
        mut channel: Channel<S>,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), Failure>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let begun = Arc::new(AtomicBool::new(false));
        let (port, began) = (self.clone(), begun.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            began.store(true, Ordering::Relaxed);
            match misaddressed(&request) {
                None => Either::Left(port.answers.any(request).map(Ok::<_, Infallible>)),
                Some(why) => Either::Right(ready(Ok(malformed(why)))),
            }
        });
        let turn = Turn::default();
        if channel.speech == Speech::Http2 {
            channel.calm = self.manner.pings.map(|policy| Box::new(Calm::new(policy)));
            let http2 = self.http2(&turn);
            let connection = http2.serve_connection(TokioIo::new(channel), service);
            Ok(self
                .until(Box::pin(connection), turn, &begun, shutdown)
                .await?)
        } else {
            let terms = Terms {
                patience: self.manner.read_timeout,
                head: self.manner.head(),
            };
            let prompt = prompt::serve(channel, &self.answers, terms, &mut shutdown);
            let Some(channel) = Box::pin(prompt).await? else {
                return Ok(());
            };
            let connection = self.http1.serve_connection(TokioIo::new(channel), service);
            Ok(self
                .until(Box::pin(connection), turn, &begun, shutdown)
                .await?)
        }
    }

    /// Follows a connection to its end. At shutdown it takes no more requests and ends with the last that is in flight.
    /// One that never asks for anything is not kept; hyper would keep it, if it speaks HTTP/2.
    async fn until<C: GracefulConnection>(
        &self,
        mut connection: Pin<Box<C>>,
        turn: Turn,
        begun: &AtomicBool,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), C::Error> {
        tokio::select! {
            // First of all, so that a request that is here already is still answered.
            biased;
            ended = turn.follow(connection.as_mut()) => return ended,
            () = announced(&mut shutdown) => {}
            () = tokio::time::sleep(self.manner.read_timeout) => {
                if !begun.load(Ordering::Relaxed) {
                    return Ok(());
                }
                tokio::select! {
                    ended = turn.follow(connection.as_mut()) => return ended,
                    () = announced(&mut shutdown) => {}
                }
            }
        }
        connection.as_mut().graceful_shutdown();
        turn.follow(connection.as_mut()).await
    }
}

/// What is wrong with the way in which an HTTP/1.1 request names its host: it must do so exactly once.
/// <https://www.rfc-editor.org/rfc/rfc9112#section-3.2>
fn misaddressed(request: &Request<Incoming>) -> Option<&'static str> {
    if request.version() != Version::HTTP_11 {
        return None;
    }
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), None) => None,
        (None, _) => Some("400 Bad Request: missing required Host header"),
        (Some(_), Some(_)) => Some("400 Bad Request: too many Host headers"),
    }
}

/// The answer to a request that is no sound HTTP/1.1, after which the connection ends.
fn malformed(why: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::Full(why.into()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let headers = response.headers_mut();
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, plain);
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Tells a client that speaks plain HTTP what is wrong.
async fn refuse(mut channel: Channel<Socket>) -> io::Result<()> {
    channel.write_all(NOT_TLS).await?;
    channel.shutdown().await?;
    // What is left unread would make the system take back the answer.
    let mut rest = channel.take(limits::DRAINED);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}
