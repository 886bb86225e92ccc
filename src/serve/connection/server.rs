//! Serves an accepted connection: TLS if configured, then HTTP/1.1 or HTTP/2, depending on the client's first bytes.

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use futures_util::future::Either;
use http::Request;
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
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::limits;
use crate::serve::connection::http1::fast_path;
use crate::serve::connection::http1::fast_path::Http1Limits;
use crate::serve::connection::http1::host_check;
use crate::serve::connection::http2_executor::InlineExecutor;
use crate::serve::connection::ping_enforcement::PingEnforcer;
use crate::serve::connection::protocol_detection::DetectedIo;
use crate::serve::connection::protocol_detection::WireProtocol;
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

/// The error that ended a connection: of the socket, of TLS or of hyper.
pub type ConnectionError = Box<dyn std::error::Error + Send + Sync>;

/// Serves the connections of a port.
#[derive(Debug)]
pub struct ConnectionServer<A> {
    handler: A,
    config: PortConfig,
    http1: http1::Builder,
    tasks: Tasks,
}

impl<A: Handler> ConnectionServer<A> {
    /// A server whose connections spawn their slow requests on `tasks`.
    pub fn new(handler: A, config: PortConfig, tasks: Tasks) -> ConnectionServer<A> {
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(config.read_timeout)
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

    /// HTTP/2 for one connection, whose requests run on `executor`.
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
            Some(io) => self.serve_http(io, shutdown).await,
            None => Ok(()),
        }
    }

    /// Runs one step before the first request within the read timeout. `None` at shutdown.
    async fn with_read_timeout<T>(
        &self,
        step: impl Future<Output = io::Result<T>>,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Result<Option<T>, ConnectionError> {
        tokio::select! {
            done = tokio::time::timeout(self.config.read_timeout, step) => Ok(Some(done??)),
            () = shutdown_watch::requested(shutdown) => Ok(None),
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
        let request_seen = Arc::new(AtomicBool::new(false));
        let (server, seen) = (self.clone(), request_seen.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            seen.store(true, Ordering::Relaxed);
            match host_check::reject_invalid_host(&request) {
                None => Either::Left(server.handler.handle(request).map(Ok::<_, Infallible>)),
                Some(response) => Either::Right(ready(Ok(response))),
            }
        });
        let executor = InlineExecutor::new(self.tasks.clone());
        if io.protocol == WireProtocol::Http2 {
            io.ping_enforcer = self
                .config
                .ping_policy
                .map(|policy| Box::new(PingEnforcer::new(policy)));
            let http2 = self.http2_builder(&executor);
            let connection = http2.serve_connection(TokioIo::new(io), service);
            Ok(self
                .drive_until_shutdown(Box::pin(connection), executor, &request_seen, shutdown)
                .await?)
        } else {
            let limits = Http1Limits {
                read_timeout: self.config.read_timeout,
                max_head: self.config.max_http1_head(),
            };
            let fast_path = fast_path::serve(io, &self.handler, limits, &mut shutdown);
            let Some(io) = Box::pin(fast_path).await? else {
                return Ok(());
            };
            let connection = self.http1.serve_connection(TokioIo::new(io), service);
            Ok(self
                .drive_until_shutdown(Box::pin(connection), executor, &request_seen, shutdown)
                .await?)
        }
    }

    /// Drives a connection to its end. At shutdown it accepts no more requests and ends with the last one in flight.
    /// A connection without a first request is closed after the read timeout; hyper would keep it open on HTTP/2.
    async fn drive_until_shutdown<C: GracefulConnection>(
        &self,
        mut connection: Pin<Box<C>>,
        executor: InlineExecutor,
        request_seen: &AtomicBool,
        mut shutdown: watch::Receiver<bool>,
    ) -> Result<(), C::Error> {
        tokio::select! {
            // Polled first, so that a request that has arrived is still answered.
            biased;
            ended = executor.drive(connection.as_mut()) => return ended,
            () = shutdown_watch::requested(&mut shutdown) => {}
            () = tokio::time::sleep(self.config.read_timeout) => {
                if !request_seen.load(Ordering::Relaxed) {
                    return Ok(());
                }
                tokio::select! {
                    ended = executor.drive(connection.as_mut()) => return ended,
                    () = shutdown_watch::requested(&mut shutdown) => {}
                }
            }
        }
        connection.as_mut().graceful_shutdown();
        executor.drive(connection.as_mut()).await
    }
}

/// Answers a client that sends plain HTTP to a TLS port.
async fn reject_plain_http(mut io: DetectedIo<SocketStream>) -> io::Result<()> {
    io.write_all(PLAIN_HTTP_REJECTION).await?;
    io.shutdown().await?;
    // Drain the input: unread bytes make the kernel send RST and lose the response.
    let mut rest = io.take(limits::DRAIN_MAX);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}
