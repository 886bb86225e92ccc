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
use crate::serve::ServeConfig;
use crate::serve::connection::http1::fast_path;
use crate::serve::connection::http1::fast_path::Http1Limits;
use crate::serve::connection::http2_executor::InlineExecutor;
use crate::serve::connection::ping_enforcement::PingEnforcer;
use crate::serve::connection::ping_enforcement::PingPolicy;
use crate::serve::connection::protocol_detection::DetectedIo;
use crate::serve::connection::protocol_detection::WireProtocol;
use crate::serve::http::body::Body;
use crate::serve::http::handler::Handler;
use crate::serve::listen::socket::Listener;
use crate::serve::listen::socket::SocketStream;
use crate::serve::listen::tls::ReloadableTlsConfig;

/// The answer to plain HTTP where TLS is spoken, as Go has it.
const PLAIN_HTTP_REJECTION: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

/// What ten fields of an HTTP/2 header block may have beyond their bytes, as Go has it.
const HEADER_OVERHEAD: usize = 10 * 32;

/// By how much the head of an HTTP/1.1 request may be longer, as Go has it.
const HTTP1_HEAD_OVERHEAD: usize = 4096;

/// How a port treats its connections.
#[derive(Debug, Clone)]
pub struct PortConfig {
    /// The largest header block, in bytes.
    pub max_header: usize,
    /// How long a client may take to say what it wants.
    pub read_timeout: Duration,
    /// How long calls in flight may go on after shutdown begins.
    pub grace: Duration,
    /// Open connections; further ones wait to be accepted.
    pub max_connections: usize,
    /// Places for connections that ports share, as many as there are file descriptors for.
    pub connection_slots: Arc<Semaphore>,
    /// The certificates, where TLS is spoken.
    pub tls: Option<Arc<ReloadableTlsConfig>>,
    /// How often clients may ping, where that is watched.
    pub ping_policy: Option<PingPolicy>,
}

impl PortConfig {
    /// The manner of a port without TLS.
    pub fn new(settings: &ServeConfig, pool: &Arc<Semaphore>) -> PortConfig {
        PortConfig {
            max_header: settings.max_header,
            read_timeout: settings.read_timeout,
            grace: settings.grace,
            max_connections: settings.max_connections.clamp(1, Semaphore::MAX_PERMITS),
            connection_slots: pool.clone(),
            tls: None,
            ping_policy: None,
        }
    }

    /// The largest head of an HTTP/1.1 request, in bytes.
    fn max_http1_head(&self) -> usize {
        self.max_header.saturating_add(HTTP1_HEAD_OVERHEAD)
    }
}

/// Places for connections: those that the probes have for themselves, and those that all other ports share. At most as
/// many as the system has file descriptors for, so that flag files always find one. Raises the process's own limit as
/// far as it may.
pub fn connection_slots() -> (Arc<Semaphore>, Arc<Semaphore>) {
    use rustix::process::Resource;
    use rustix::process::getrlimit;
    use rustix::process::setrlimit;
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let free = usize::try_from(files.saturating_sub(limits::RESERVED_FILE_DESCRIPTORS));
    let free = free.unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
    let probes = (free / 4).clamp(1, limits::PROBE_CONNECTIONS);
    let others = free.saturating_sub(probes).max(1);
    (
        Arc::new(Semaphore::new(probes)),
        Arc::new(Semaphore::new(others)),
    )
}

/// Serves a port until `shutdown` turns true and the connections are done, or the grace period is over.
pub async fn serve<A: Handler>(
    listener: Listener,
    handler: A,
    config: PortConfig,
    mut shutdown: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(config.max_connections));
    let (grace, pool) = (config.grace, config.connection_slots.clone());
    let port = Arc::new(ConnectionServer::new(handler, config));
    let mut connections = JoinSet::new();
    loop {
        let (places, socket) = tokio::select! {
            accepted = accept(&listener, [&places, &pool]) => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            () = shutdown_requested(&mut shutdown) => break,
        };
        let (port, shutdown) = (port.clone(), shutdown.clone());
        connections.spawn(async move {
            let _places = places;
            if let Err(error) = port.serve_connection(socket, shutdown).await {
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
pub async fn shutdown_requested(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|down| *down).await;
}

/// The next connection, once there is a place for it on the port and in the pool.
async fn accept(
    listener: &Listener,
    [port, pool]: [&Arc<Semaphore>; 2],
) -> ([Option<OwnedSemaphorePermit>; 2], SocketStream) {
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

type ConnectionError = Box<dyn std::error::Error + Send + Sync>;

/// What the connections of a port have in common.
struct ConnectionServer<A> {
    handler: A,
    config: PortConfig,
    http1: http1::Builder,
}

impl<A: Handler> ConnectionServer<A> {
    fn new(handler: A, config: PortConfig) -> ConnectionServer<A> {
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(config.read_timeout)
            .max_headers(limits::HTTP1_HEADERS)
            .max_header_size(config.max_http1_head())
            // hyper needs room for at least one buffer.
            .max_buf_size(config.max_http1_head().max(8192));
        ConnectionServer {
            handler,
            config,
            http1,
        }
    }

    /// HTTP/2 for one connection, whose requests are taken to `turn`.
    fn http2_builder(&self, executor: &InlineExecutor) -> http2::Builder<InlineExecutor> {
        let max_header =
            u32::try_from(self.config.max_header + HEADER_OVERHEAD).unwrap_or(u32::MAX);
        let mut http2 = http2::Builder::new(executor.clone());
        http2
            .timer(TokioTimer::new())
            .max_header_list_size(max_header)
            .max_concurrent_streams(limits::STREAMS_PER_CONNECTION);
        http2
    }

    async fn serve_connection(
        self: Arc<Self>,
        socket: SocketStream,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), ConnectionError> {
        let local = matches!(socket, SocketStream::Unix(_));
        let Some(mut channel) = self
            .with_read_timeout(DetectedIo::detect(socket), &mut shutdown)
            .await?
        else {
            return Ok(());
        };
        match self.config.tls.clone() {
            None => {
                channel.authority_rewriter =
                    (local && channel.protocol == WireProtocol::Http2).then(Box::default);
                self.serve_http(channel, shutdown).await
            }
            // Boxed, as is what speaks: a connection should not be as large as the largest that it might have been.
            Some(tls) => Box::pin(self.serve_tls(channel, tls, shutdown)).await,
        }
    }

    async fn serve_tls(
        self: Arc<Self>,
        io: DetectedIo<SocketStream>,
        tls: Arc<ReloadableTlsConfig>,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), ConnectionError> {
        if io.protocol != WireProtocol::Tls {
            self.with_read_timeout(reject_plain_http(io), &mut shutdown)
                .await?;
            return Ok(());
        }
        let handshake = TlsAcceptor::from(tls.config()).accept(io);
        let Some(stream) = self.with_read_timeout(handshake, &mut shutdown).await? else {
            return Ok(());
        };
        match self
            .with_read_timeout(DetectedIo::detect(stream), &mut shutdown)
            .await?
        {
            Some(channel) => self.serve_http(channel, shutdown).await,
            None => Ok(()),
        }
    }

    /// One step on the way to the first request, within the time limit. `None` at shutdown.
    async fn with_read_timeout<T>(
        &self,
        step: impl Future<Output = io::Result<T>>,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Result<Option<T>, ConnectionError> {
        tokio::select! {
            done = tokio::time::timeout(self.config.read_timeout, step) => Ok(Some(done??)),
            () = shutdown_requested(shutdown) => Ok(None),
        }
    }

    async fn serve_http<S>(
        self: Arc<Self>,
        mut io: DetectedIo<S>,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), ConnectionError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let begun = Arc::new(AtomicBool::new(false));
        let (port, began) = (self.clone(), begun.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            began.store(true, Ordering::Relaxed);
            match invalid_host(&request) {
                None => Either::Left(port.handler.handle(request).map(Ok::<_, Infallible>)),
                Some(why) => Either::Right(ready(Ok(bad_request(why)))),
            }
        });
        let turn = InlineExecutor::default();
        if io.protocol == WireProtocol::Http2 {
            io.ping_enforcer = self
                .config
                .ping_policy
                .map(|policy| Box::new(PingEnforcer::new(policy)));
            let http2 = self.http2_builder(&turn);
            let connection = http2.serve_connection(TokioIo::new(io), service);
            Ok(self
                .drive_until_shutdown(Box::pin(connection), turn, &begun, shutdown)
                .await?)
        } else {
            let terms = Http1Limits {
                read_timeout: self.config.read_timeout,
                max_head: self.config.max_http1_head(),
            };
            let prompt = fast_path::serve(io, &self.handler, terms, &mut shutdown);
            let Some(channel) = Box::pin(prompt).await? else {
                return Ok(());
            };
            let connection = self.http1.serve_connection(TokioIo::new(channel), service);
            Ok(self
                .drive_until_shutdown(Box::pin(connection), turn, &begun, shutdown)
                .await?)
        }
    }

    /// Follows a connection to its end. At shutdown it takes no more requests and ends with the last that is in flight.
    /// One that never asks for anything is not kept; hyper would keep it, if it speaks HTTP/2.
    async fn drive_until_shutdown<C: GracefulConnection>(
        &self,
        mut connection: Pin<Box<C>>,
        executor: InlineExecutor,
        begun: &AtomicBool,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), C::Error> {
        tokio::select! {
            // First of all, so that a request that is here already is still answered.
            biased;
            ended = executor.drive(connection.as_mut()) => return ended,
            () = shutdown_requested(&mut shutdown) => {}
            () = tokio::time::sleep(self.config.read_timeout) => {
                if !begun.load(Ordering::Relaxed) {
                    return Ok(());
                }
                tokio::select! {
                    ended = executor.drive(connection.as_mut()) => return ended,
                    () = shutdown_requested(&mut shutdown) => {}
                }
            }
        }
        connection.as_mut().graceful_shutdown();
        executor.drive(connection.as_mut()).await
    }
}

/// What is wrong with the way in which an HTTP/1.1 request names its host: it must do so exactly once.
/// <https://www.rfc-editor.org/rfc/rfc9112#section-3.2>
fn invalid_host(request: &Request<Incoming>) -> Option<&'static str> {
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
fn bad_request(why: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::Full(why.into()));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let headers = response.headers_mut();
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, plain);
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Tells a client that speaks plain HTTP what is wrong.
async fn reject_plain_http(mut io: DetectedIo<SocketStream>) -> io::Result<()> {
    io.write_all(PLAIN_HTTP_REJECTION).await?;
    io.shutdown().await?;
    // What is left unread would make the system take back the answer.
    let mut rest = io.take(limits::DRAIN_MAX);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}
