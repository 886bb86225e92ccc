//! Sockets and tasks: how requests come in and answers go out.
//!
//! The evaluation port speaks gRPC, gRPC-Web and Connect over HTTP/1.1 and HTTP/2. The three are envelopes around one
//! function, [`crate::resolve`]. They stand directly on hyper: tonic's server costs as much again as the whole of what
//! happens here, and it knows neither Connect nor answers that already have their frame. What arrives whole is answered
//! where it arrived: on HTTP/2 between two turns of hyper (`turn`), on HTTP/1.1 before it gets there (`prompt`).

pub mod admin;
mod answers;
mod authority;
mod body;
pub mod calm;
mod channel;
mod connect;
pub mod cors;
pub mod debug;
mod envelope;
mod events;
mod grpc;
mod health;
mod listen;
mod observe;
mod ofrep;
mod patience;
mod prompt;
mod protocol;
mod reflection;
mod rpc;
pub mod socket;
mod sse;
mod standing;
mod sync;
pub mod tls;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::limits;
use crate::live::Live;
use crate::metric::Metrics;
use crate::metric::http::Scheme;
use crate::serve::admin::Admin;
use crate::serve::answers::Answers;
use crate::serve::calm::Policy;
use crate::serve::cors::Origins;
use crate::serve::debug::Debug;
use crate::serve::debug::Debugging;
use crate::serve::listen::Manner;
use crate::serve::observe::Observer;
use crate::serve::ofrep::Ofrep;
use crate::serve::rpc::Rpc;
use crate::serve::socket::Listener;
use crate::serve::standing::Standing;
use crate::serve::sync::Sync;
use crate::serve::tls::Tls;
use crate::telemetry::trace::Traces;
use crate::wire::extra::Extra;
use crate::wire::stream::Advert;

/// What the servers need to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The largest request body, in bytes; 0 is no limit.
    pub max_body: usize,
    /// The largest header block, in bytes.
    pub max_header: usize,
    /// The most open connections per port.
    pub max_connections: usize,
    /// The most open streams of events and flags; 0 is no limit.
    pub max_streams: usize,
    /// How long a client may take to send a request's head, and again for its body.
    pub read_timeout: Duration,
    /// Context that is added to every request.
    pub extra: Extra,
    /// How long a stream may last; zero for any time.
    pub stream_deadline: Duration,
    /// Whether `GetMetadata` is served.
    pub sync_metadata: bool,
    /// Whether requests that select no flags are refused.
    pub require_selector: bool,
    /// Which pages may ask.
    pub cors: Origins,
    /// How OFREP's change stream is advertised, if it is served.
    pub changes: Option<Advert>,
    /// How often clients of flag sync may ping.
    pub pings: Policy,
    /// Who may ask this replica about itself.
    pub debugging: Debugging,
    /// How long calls in flight may go on after shutdown begins.
    pub grace: Duration,
    /// How long an event stream may be silent.
    pub keep_alive: Duration,
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
    /// Where requests are traced, if they are.
    pub traces: Option<Arc<Traces>>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            max_body: limits::REQUEST_BODY,
            max_header: limits::REQUEST_HEADER,
            max_connections: limits::CONNECTIONS,
            max_streams: limits::STREAMS,
            read_timeout: limits::READ_TIMEOUT,
            extra: Extra::default(),
            stream_deadline: Duration::ZERO,
            sync_metadata: true,
            require_selector: false,
            cors: Origins::default(),
            changes: Some(Advert {
                origin: None,
                inactivity: limits::INACTIVITY,
            }),
            pings: Policy {
                min_time: limits::PING_MIN_TIME,
                without_stream: true,
            },
            debugging: Debugging::default(),
            grace: limits::SHUTDOWN_GRACE,
            keep_alive: limits::KEEP_ALIVE,
            metrics: Arc::default(),
            traces: None,
        }
    }
}

/// The sockets, bound but not yet served.
#[derive(Debug)]
pub struct Listeners {
    /// Evaluation.
    pub evaluation: Listener,
    /// Probes.
    pub management: Listener,
    /// OFREP.
    pub ofrep: Listener,
    /// Flag sync.
    pub sync: Listener,
    /// The certificates with which all but the probes are served, if any.
    pub tls: Option<Arc<Tls>>,
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
    let settings = Arc::new(settings);
    let (probes, pool) = listen::pools();
    let common = Common {
        pool,
        streams: Arc::new(Semaphore::new(match settings.max_streams {
            0 => Semaphore::MAX_PERMITS,
            most => most.min(Semaphore::MAX_PERMITS),
        })),
        settings,
        live,
        shutdown: shutdown.clone(),
    };
    let (last, closing) = watch::channel(false);
    let probes = tokio::spawn(common.management(listeners.management, &probes, closing));
    tokio::select! {
        () = loaded => {}
        () = tokio::time::sleep(limits::START_GATE) => {
            tracing::warn!("the sources are still being read; serving what there is");
        }
        () = listen::announced(&mut shutdown) => {}
    }
    let tls = listeners.tls;
    let mut servers = JoinSet::new();
    servers.spawn(common.evaluation(listeners.evaluation, tls.clone()));
    servers.spawn(common.ofrep(listeners.ofrep, tls.clone()));
    servers.spawn(common.sync(listeners.sync, tls));
    let grace = common.settings.grace;
    let all = async {
        while servers.join_next().await.is_some() {}
        let _ = last.send(true);
        let _ = probes.await;
    };
    // The ports wait for their connections as long as they may; what then still holds on to the probes is let go.
    let over = async {
        listen::announced(&mut shutdown).await;
        tokio::time::sleep(grace + limits::PARTING).await;
    };
    tokio::select! {
        () = all => {}
        () = over => {}
    }
}

/// What the ports have in common.
#[derive(Debug)]
struct Common {
    live: Arc<Live>,
    settings: Arc<Settings>,
    /// Places for streams.
    streams: Arc<Semaphore>,
    /// Places for connections.
    pool: Arc<Semaphore>,
    shutdown: watch::Receiver<bool>,
}

impl Common {
    fn management(
        &self,
        listener: Listener,
        pool: &Arc<Semaphore>,
        closing: watch::Receiver<bool>,
    ) -> impl Future<Output = ()> + use<> {
        let admin = Arc::new(Admin {
            standing: self.standing(&[]),
            live: self.live.clone(),
            shutdown: self.shutdown.clone(),
            metrics: self.settings.metrics.clone(),
            debug: Debug::new(self.live.clone(), self.settings.clone()),
        });
        listen::serve(listener, admin, Manner::of(&self.settings, pool), closing)
    }

    fn evaluation(
        &self,
        listener: Listener,
        tls: Option<Arc<Tls>>,
    ) -> impl Future<Output = ()> + use<> {
        let rpc = Arc::new(Rpc {
            standing: self.standing(&protocol::SERVICES),
            live: self.live.clone(),
            settings: self.settings.clone(),
            streams: self.streams.clone(),
            observer: self.observer(tls.is_some()),
            shutdown: self.shutdown.clone(),
        });
        self.public(listener, rpc, tls)
    }

    fn ofrep(&self, listener: Listener, tls: Option<Arc<Tls>>) -> impl Future<Output = ()> + use<> {
        let ofrep = Arc::new(Ofrep {
            live: self.live.clone(),
            settings: self.settings.clone(),
            streams: self.streams.clone(),
            observer: self.observer(tls.is_some()),
            shutdown: self.shutdown.clone(),
        });
        self.public(listener, ofrep, tls)
    }

    /// A port for whoever evaluates.
    fn public<A: Answers>(
        &self,
        listener: Listener,
        answers: A,
        tls: Option<Arc<Tls>>,
    ) -> impl Future<Output = ()> + use<A> {
        let manner = Manner::of(&self.settings, &self.pool);
        let manner = Manner { tls, ..manner };
        listen::serve(listener, answers, manner, self.shutdown.clone())
    }

    fn sync(&self, listener: Listener, tls: Option<Arc<Tls>>) -> impl Future<Output = ()> + use<> {
        let sync = Arc::new(Sync {
            standing: self.standing(&[sync::SERVICE]),
            live: self.live.clone(),
            settings: self.settings.clone(),
            streams: self.streams.clone(),
            shutdown: self.shutdown.clone(),
        });
        let manner = Manner {
            tls,
            pings: Some(self.settings.pings),
            ..Manner::of(&self.settings, &self.pool)
        };
        listen::serve(listener, sync, manner, self.shutdown.clone())
    }

    /// What a port serves besides `own`.
    fn standing(&self, own: &[&'static str]) -> Arc<Standing> {
        Arc::new(Standing {
            live: self.live.clone(),
            settings: self.settings.clone(),
            streams: self.streams.clone(),
            shutdown: self.shutdown.clone(),
            services: Standing::services(own),
        })
    }

    fn observer(&self, tls: bool) -> Observer {
        Observer {
            metrics: self.settings.metrics.clone(),
            traces: self.settings.traces.clone(),
            scheme: if tls { Scheme::Https } else { Scheme::Http },
        }
    }
}
