//! Sockets and tasks: how requests come in and answers go out.
//!
//! The evaluation port speaks gRPC, gRPC-Web and Connect over HTTP/1.1 and HTTP/2. The three are envelopes around one
//! function, [`crate::resolve`]. They stand directly on hyper: tonic's server costs as much again as the whole of what
//! happens here, and it knows neither Connect nor answers that already have their frame.

pub mod admin;
mod body;
mod connect;
mod cors;
mod envelope;
mod events;
mod grpc;
mod health;
mod listen;
mod observe;
mod ofrep;
mod protocol;
mod reflection;
mod rpc;
mod standing;
mod sync;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::live::Live;
use crate::metric::Metrics;
use crate::metric::http::Scheme;
use crate::serve::admin::Admin;
use crate::serve::observe::Observer;
use crate::serve::ofrep::Ofrep;
use crate::serve::rpc::Rpc;
use crate::serve::standing::Standing;
use crate::serve::sync::Sync;
use crate::telemetry::trace::Traces;
use crate::wire::extra::Extra;

/// What the servers need to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The largest request body, in bytes; 0 is no limit.
    pub max_body: usize,
    /// The largest header block, in bytes.
    pub max_header: usize,
    /// Context that is added to every request.
    pub extra: Extra,
    /// How long a stream may last; zero for any time.
    pub stream_deadline: Duration,
    /// Whether `GetMetadata` is served.
    pub sync_metadata: bool,
    /// How long calls in flight may go on after shutdown begins.
    pub grace: Duration,
    /// How long an event stream may be silent.
    pub keep_alive: Duration,
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
    /// Where requests are traced, if they are.
    pub traces: Option<Arc<Traces>>,
}

/// The sockets, bound but not yet served.
#[derive(Debug)]
pub struct Listeners {
    /// Evaluation.
    pub evaluation: TcpListener,
    /// Probes.
    pub management: TcpListener,
    /// OFREP.
    pub ofrep: TcpListener,
    /// Flag sync.
    pub sync: TcpListener,
}

/// Binds a port on all interfaces, IPv6 and IPv4 alike where the system has both.
///
/// # Errors
/// If the port is taken or may not be used.
pub async fn bind(port: u16) -> std::io::Result<TcpListener> {
    match TcpListener::bind(SocketAddr::from(([0_u16; 8], port))).await {
        Err(error) if error.kind() != std::io::ErrorKind::AddrInUse => {
            TcpListener::bind(SocketAddr::from(([0_u8; 4], port))).await
        }
        bound => bound,
    }
}

/// Serves until `shutdown` turns true, then lets calls in flight finish.
///
/// The probes answer from the first moment to the last. Evaluation begins when `loaded` completes, so that whoever
/// connects early waits for the flags instead of not finding them. Event streams are told of the shutdown first, so that
/// their clients know before their connection goes; their tasks end with their connections.
pub async fn run(
    listeners: Listeners,
    live: Arc<Live>,
    settings: Settings,
    loaded: impl Future<Output = ()>,
    mut shutdown: watch::Receiver<bool>,
) {
    let limits = listen::Limits {
        max_header: settings.max_header,
        grace: settings.grace,
        connections: listen::connections(),
    };
    let (last, closing) = watch::channel(false);
    let down = shutdown.clone();
    let standing = |own: &[&'static str]| Standing::new(own, live.clone(), down.clone());
    let admin = Arc::new(Admin {
        standing: standing(&[]),
        live: live.clone(),
        shutdown: shutdown.clone(),
        metrics: settings.metrics.clone(),
    });
    let observer = Observer {
        metrics: settings.metrics.clone(),
        traces: settings.traces.clone(),
        scheme: Scheme::Http,
    };
    let probes = tokio::spawn(listen::serve(
        listeners.management,
        move |request| admin.clone().handle(request),
        limits,
        closing,
    ));
    tokio::select! {
        () = loaded => {}
        () = tokio::time::sleep(crate::limits::START_GATE) => {
            tracing::warn!("the sources are still being read; serving what there is");
        }
        () = listen::announced(&mut shutdown) => {}
    }
    let ofrep = Arc::new(Ofrep {
        live: live.clone(),
        settings: settings.clone(),
    });
    let sync = Arc::new(Sync {
        standing: standing(&[sync::SERVICE]),
        live: live.clone(),
        settings: settings.clone(),
        shutdown: shutdown.clone(),
    });
    let rpc = Arc::new(Rpc {
        standing: standing(&protocol::SERVICES),
        live: live.clone(),
        settings,
        shutdown: shutdown.clone(),
    });
    let mut servers = JoinSet::new();
    let evaluation = observer.clone();
    servers.spawn(listen::serve(
        listeners.evaluation,
        move |mut request| {
            evaluation
                .rpc(&mut request)
                .answer(rpc.clone().handle(request))
        },
        limits,
        shutdown.clone(),
    ));
    servers.spawn(listen::serve(
        listeners.ofrep,
        move |mut request| {
            observer
                .ofrep(&mut request)
                .answer(ofrep.clone().handle(request))
        },
        limits,
        shutdown.clone(),
    ));
    servers.spawn(listen::serve(
        listeners.sync,
        move |request| sync.clone().handle(request),
        limits,
        shutdown.clone(),
    ));
    while servers.join_next().await.is_some() {}
    let _ = last.send(true);
    let _ = probes.await;
}
