//! Accepts connections and serves them, HTTP/1.1 or HTTP/2 as the client begins.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use http::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::server::conn::auto::Builder;
use socket2::SockRef;
use socket2::TcpKeepalive;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::limits;
use crate::serve::body::Body;

/// What a client that speaks HTTP/2 from the start says first.
/// <https://www.rfc-editor.org/rfc/rfc9113#section-3.4>
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Bounds of a port.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest header block, in bytes.
    pub max_header: usize,
    /// How long calls in flight may go on after shutdown begins.
    pub grace: Duration,
    /// Open connections; further ones wait to be accepted.
    pub connections: usize,
}

/// How many connections each of the four ports may hold: as many as the system has file descriptors for, so that flag
/// files and probes always find one. Raises the process's own limit as far as it may.
pub fn connections() -> usize {
    use rustix::process::Resource;
    use rustix::process::getrlimit;
    use rustix::process::setrlimit;
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let each = files.saturating_sub(limits::RESERVED_FILES) / 4;
    usize::try_from(each).map_or(limits::CONNECTIONS, |each| {
        each.clamp(1, limits::CONNECTIONS)
    })
}

/// Serves a port until `shutdown` turns true and the connections are done, or the grace period is over.
pub async fn serve<H, F>(
    listener: TcpListener,
    handle: H,
    limits: Limits,
    mut shutdown: watch::Receiver<bool>,
) where
    H: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let handle = Arc::new(handle);
    let builder = Arc::new(builder(limits));
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let (place, socket) = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            () = announced(&mut shutdown) => break,
        };
        let (handle, builder, shutdown) = (handle.clone(), builder.clone(), shutdown.clone());
        connections.spawn(async move {
            let _place = place;
            connection(socket, handle, builder, shutdown).await;
        });
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.grace, drained).await.is_err() {
        tracing::warn!("connections are still busy after the grace period and are cut off");
    }
}

/// Waits until shutdown is announced, or whoever could announce it is gone.
pub async fn announced(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|down| *down).await;
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (Option<tokio::sync::OwnedSemaphorePermit>, TcpStream) {
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((socket, _)) => return (place, socket),
            Err(error) => {
                // Usually out of file descriptors: others must close before it makes sense to go on.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Whether a client begins to speak in time. hyper's own time limits begin once it knows the version of HTTP.
async fn speaks(socket: &TcpStream) -> bool {
    let begun = async {
        let mut seen = [0; PREFACE.len()];
        loop {
            let count = socket.peek(&mut seen).await.unwrap_or(0);
            let seen = seen.get(..count).unwrap_or(&[]);
            if count == 0 || count == PREFACE.len() || !PREFACE.starts_with(seen) {
                return count > 0;
            }
            // Part of the preface is here, the rest is on its way: no client but a hostile one takes long.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(limits::HEAD_TIMEOUT, begun)
        .await
        .unwrap_or(false)
}

fn builder(limits: Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    let header = u32::try_from(limits.max_header).unwrap_or(u32::MAX);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEAD_TIMEOUT)
        // hyper needs room for at least one buffer.
        .max_buf_size(limits.max_header.max(8192));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(header)
        .max_concurrent_streams(limits::STREAMS_PER_CONNECTION);
    builder
}

async fn connection<H, F>(
    socket: TcpStream,
    handle: Arc<H>,
    builder: Arc<Builder<TokioExecutor>>,
    mut shutdown: watch::Receiver<bool>,
) where
    H: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let begins = tokio::select! {
        speaks = speaks(&socket) => speaks,
        () = announced(&mut shutdown) => false,
    };
    if !begins {
        return;
    }
    // Without it small answers wait for the client's acknowledgement.
    let _ = socket.set_nodelay(true);
    // A peer that is gone without a word gives its place back. The kernel notices; pings of HTTP/2's own would cost a
    // tenth of every call.
    let keep_alive = TcpKeepalive::new()
        .with_time(limits::PEER_SILENCE)
        .with_interval(limits::PEER_SILENCE);
    let _ = SockRef::from(&socket).set_tcp_keepalive(&keep_alive);
    let service = service_fn(move |request| {
        let answer = handle(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(socket), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = announced(&mut shutdown) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, "connection ended");
    }
}
