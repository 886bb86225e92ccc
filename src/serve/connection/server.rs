//! Serves an accepted connection: TLS if configured, then HTTP/1.1 or HTTP/2, depending on the client's first bytes.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Instant;

use http::HeaderValue;
use http::Request;
use http::Response;
use http::header;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::limits;
use crate::serve::connection::client_socket::ClientSocket;
use crate::serve::connection::client_socket::SocketLimits;
use crate::serve::connection::http1::fast_path;
use crate::serve::connection::http1::fast_path::Http1Limits;
use crate::serve::connection::http1::host_check;
use crate::serve::connection::http2_driver;
use crate::serve::connection::http2_driver::ConnectionError;
use crate::serve::connection::http2_driver::Http2Driver;
use crate::serve::connection::http2_executor::InlineExecutor;
use crate::serve::connection::ping_enforcement::PingEnforcer;
use crate::serve::connection::protocol_detection::DetectedIo;
use crate::serve::connection::protocol_detection::WireProtocol;
use crate::serve::connection::unsent_budget::UnsentBudget;
use crate::serve::http::body::Body;
use crate::serve::http::date;
use crate::serve::http::handler::Handler;
use crate::serve::listen::port_role::PortConfig;
use crate::serve::listen::socket::SocketStream;
use crate::serve::listen::tls::ReloadableTlsConfig;
use crate::serve::shutdown_watch;
use crate::serve::tasks::Tasks;

/// The response to plain HTTP on a TLS port, as in Go.
const PLAIN_HTTP_REJECTION: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

/// The overhead of ten fields in an HTTP/2 header block beyond their bytes, as in Go.
const HEADER_OVERHEAD: usize = 10 * 32;

/// Serves the connections of a port.
#[derive(Debug)]
pub struct ConnectionServer<A> {
    handler: A,
    /// The configuration of the port.
    pub config: PortConfig,
    http1: http1::Builder,
    /// The tasks of slow requests.
    pub tasks: Tasks,
}

impl<A: Handler> ConnectionServer<A> {
    /// A server whose connections spawn their slow requests on `tasks`.
    pub fn new(handler: A, config: PortConfig, tasks: Tasks) -> ConnectionServer<A> {
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(config.read_timeout)
            // A client may close its side after its last request.
            .half_close(true)
            .max_headers(limits::HTTP1_HEADERS)
            .max_header_size(config.max_http1_head())
            // hyper requires a buffer of at least 8192 bytes.
            .max_buf_size(config.max_http1_head().max(8192));
        ConnectionServer {
            handler,
            config,
            http1,
            tasks,
        }
    }

    fn socket_limits(&self) -> SocketLimits {
        SocketLimits {
            write_timeout: self.config.write_timeout,
            port: self.config.port,
            metrics: self.config.metrics.clone(),
        }
    }

    /// HTTP/2 for one connection, whose requests run on `executor`.
    fn http2_builder(&self, executor: &InlineExecutor) -> http2::Builder<InlineExecutor> {
        let max_header = u32::try_from(self.config.max_header.saturating_add(HEADER_OVERHEAD))
            .unwrap_or(u32::MAX);
        let mut http2 = http2::Builder::new(executor.clone());
        http2
            .timer(TokioTimer::new())
            .auto_date_header(false)
            .max_header_list_size(max_header)
            .max_concurrent_streams(limits::STREAMS_PER_CONNECTION);
        http2
    }

    /// Serves one connection until it ends.
    ///
    /// # Errors
    /// If the client breaks the connection or violates its protocol.
    pub async fn serve_connection(
        self: Arc<Self>,
        socket: SocketStream,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), ConnectionError> {
        let local = matches!(socket, SocketStream::Unix(_));
        let socket = ClientSocket::new(socket, self.socket_limits());
        let Some(mut io) = self
            .with_read_timeout(DetectedIo::detect(socket), &mut shutdown)
            .await?
        else {
            return Ok(());
        };
        match self.config.tls.clone() {
            None => {
                io.authority_rewriter =
                    (local && io.protocol == WireProtocol::Http2).then(Box::default);
                self.serve_http(io, shutdown).await
            }
            // Boxed, so that the future of a plain connection is not as large as that of a TLS connection.
            Some(tls) => Box::pin(self.serve_tls(io, tls, shutdown)).await,
        }
    }

    async fn serve_tls(
        self: Arc<Self>,
        io: DetectedIo<ClientSocket<SocketStream>>,
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
            Some(io) => self.serve_http(io, shutdown).await,
            None => Ok(()),
        }
    }

    /// Runs one step before the first request within the read timeout. `None` soon after shutdown.
    async fn with_read_timeout<T>(
        &self,
        step: impl Future<Output = io::Result<T>>,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Result<Option<T>, ConnectionError> {
        tokio::select! {
            biased;
            done = tokio::time::timeout(self.config.read_timeout, step) => Ok(Some(done??)),
            // The first request may be on its way.
            () = shutdown_watch::drained(shutdown, self.config.drain_wait()) => Ok(None),
        }
    }

    async fn serve_http<S>(
        self: Arc<Self>,
        io: DetectedIo<S>,
        shutdown: watch::Receiver<bool>,
    ) -> Result<(), ConnectionError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        if io.protocol == WireProtocol::Http2 {
            self.serve_http2(io, shutdown).await
        } else {
            self.serve_http1(io, shutdown).await
        }
    }

    async fn serve_http1<S>(
        self: Arc<Self>,
        io: DetectedIo<S>,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), ConnectionError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let limits = Http1Limits {
            read_timeout: self.config.read_timeout,
            drain_wait: self.config.drain_wait(),
            max_head: self.config.max_http1_head(),
        };
        let fast_path = fast_path::serve(io, &self.handler, limits, &mut shutdown);
        let Some(io) = Box::pin(fast_path).await? else {
            return Ok(());
        };
        let (server, stopping) = (self.clone(), shutdown.clone());
        let service =
            service_fn(move |request| server.clone().respond_http1(request, stopping.clone()));
        let connection = self.http1.serve_connection(TokioIo::new(io), service);
        let mut connection = Box::pin(connection);
        tokio::select! {
            // Polled first, so that a request that has arrived is still answered.
            biased;
            ended = connection.as_mut() => return Ok(ended?),
            // The response to a request that the client is just sending announces the end. Without one, hyper closes
            // at once.
            () = shutdown_watch::drained(&mut shutdown, limits.drain_wait) => {}
        }
        connection.as_mut().graceful_shutdown();
        Ok(connection.await?)
    }

    /// Boxed, so that hyper does not reserve the memory of a request for the whole connection.
    fn respond_http1(
        self: Arc<Self>,
        request: Request<Incoming>,
        shutdown: watch::Receiver<bool>,
    ) -> Pin<Box<impl Future<Output = Result<Response<Body>, Infallible>> + Send>> {
        Box::pin(async move {
            let started = Instant::now();
            let mut response = match host_check::reject_invalid_host(&request) {
                None => self.handler.handle(request).await,
                Some(response) => response,
            };
            let headers = response.headers_mut();
            date::add(headers);
            if *shutdown.borrow() {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            if started.elapsed() >= limits::REQUEST_TIME_SLICE {
                // hyper would handle sixteen pipelined requests before other tasks run.
                tokio::task::yield_now().await;
            }
            Ok(response)
        })
    }

    async fn serve_http2<S>(
        self: Arc<Self>,
        mut io: DetectedIo<S>,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), ConnectionError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        io.ping_enforcer = self
            .config
            .ping_policy
            .map(|policy| Box::new(PingEnforcer::new(policy)));
        let request_seen = Arc::new(AtomicBool::new(false));
        let budget = UnsentBudget::default();
        let executor = InlineExecutor::new(self.tasks.clone(), budget.clone());
        let (server, seen, charged) = (self.clone(), request_seen.clone(), budget.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            seen.store(true, Ordering::Relaxed);
            http2_driver::respond(server.handler.handle(request), charged.clone())
        });
        let http2 = self.http2_builder(&executor);
        let connection = Box::pin(http2.serve_connection(TokioIo::new(io), service));
        let mut driver = Http2Driver::new(connection, executor, budget, &self.config);
        tokio::select! {
            biased;
            ended = driver.run() => return ended,
            () = shutdown_watch::requested(&mut shutdown) => {}
            // hyper would keep a connection without a first request open.
            () = tokio::time::sleep(self.config.read_timeout) => {
                if !request_seen.load(Ordering::Relaxed) {
                    return Ok(());
                }
                tokio::select! {
                    ended = driver.run() => return ended,
                    () = shutdown_watch::requested(&mut shutdown) => {}
                }
            }
        }
        driver.connection.as_mut().graceful_shutdown();
        driver.run().await
    }
}

/// Answers a client that sends plain HTTP to a TLS port.
async fn reject_plain_http(mut io: DetectedIo<ClientSocket<SocketStream>>) -> io::Result<()> {
    io.write_all(PLAIN_HTTP_REJECTION).await?;
    io.shutdown().await?;
    // Drain the input: unread bytes make the kernel send RST and lose the response.
    let mut rest = io.take(limits::DRAIN_MAX);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}
