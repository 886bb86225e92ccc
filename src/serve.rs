//! Sockets and tasks: how requests come in and answers go out.
//!
//! The evaluation port speaks gRPC, gRPC-Web and Connect over HTTP/1.1 and HTTP/2. The three are envelopes around one
//! function, [`crate::resolve`]. They stand directly on hyper: tonic's server costs as much again as the whole of what
//! happens here, and it knows neither Connect nor answers that already have their frame. What arrives whole is answered
//! where it arrived: on HTTP/2 between two turns of hyper (`turn`), on HTTP/1.1 before it gets there (`prompt`).

pub mod admin;
pub mod connection;
pub mod http;
pub mod listen;
pub mod ofrep;
pub mod rpc;
pub mod sync;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::limits;
use crate::live::Live;
use crate::metric::Metrics;
use crate::metric::http_server::Scheme;
use crate::serve::admin::AdminService;
use crate::serve::admin::debug::DebugConfig;
use crate::serve::admin::debug::DebugEndpoints;
use crate::serve::connection::ping_enforcement::PingPolicy;
use crate::serve::http::cors::AllowedOrigins;
use crate::serve::http::handler::Handler;
use crate::serve::http::instrumentation::Instrumentation;
use crate::serve::listen::accept;
use crate::serve::listen::accept::PortConfig;
use crate::serve::listen::socket::Listener;
use crate::serve::listen::tls::ReloadableTlsConfig;
use crate::serve::ofrep::router::OfrepService;
use crate::serve::rpc::builtin_services::BuiltinServices;
use crate::serve::rpc::negotiate;
use crate::serve::rpc::router::EvaluationService;
use crate::serve::sync::service;
use crate::serve::sync::service::FlagSyncService;
use crate::telemetry::trace::RequestTracer;
use crate::wire::context::enrichment::ContextEnrichment;
use crate::wire::ofrep::sse_events::StreamEndpoint;

/// What the servers need to know.
#[derive(Debug, Clone)]
pub struct ServeConfig {
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
    pub added_context: ContextEnrichment,
    /// How long a stream may last; zero for any time.
    pub stream_deadline: Duration,
    /// Whether `GetMetadata` is served.
    pub sync_metadata: bool,
    /// Whether requests that select no flags are refused.
    pub require_selector: bool,
    /// Which pages may ask.
    pub cors: AllowedOrigins,
    /// How OFREP's change stream is advertised, if it is served.
    pub change_stream: Option<StreamEndpoint>,
    /// How often clients of flag sync may ping.
    pub ping_policy: PingPolicy,
    /// Who may ask this replica about itself.
    pub debug: DebugConfig,
    /// How long calls in flight may go on after shutdown begins.
    pub grace: Duration,
    /// How long an event stream may be silent.
    pub keep_alive_interval: Duration,
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
    /// Where requests are traced, if they are.
    pub traces: Option<Arc<RequestTracer>>,
}

impl Default for ServeConfig {
    fn default() -> ServeConfig {
        ServeConfig {
            max_body: limits::REQUEST_BODY,
            max_header: limits::REQUEST_HEADER,
            max_connections: limits::CONNECTIONS,
            max_streams: limits::EVENT_STREAMS,
            read_timeout: limits::READ_TIMEOUT,
            added_context: ContextEnrichment::default(),
            stream_deadline: Duration::ZERO,
            sync_metadata: true,
            require_selector: false,
            cors: AllowedOrigins::default(),
            change_stream: Some(StreamEndpoint {
                origin: None,
                inactivity_delay_secs: limits::INACTIVITY_DELAY_SECONDS,
            }),
            ping_policy: PingPolicy {
                min_time: limits::PING_MIN_TIME,
                permit_without_stream: true,
            },
            debug: DebugConfig::default(),
            grace: limits::SHUTDOWN_GRACE,
            keep_alive_interval: limits::EVENT_STREAM_KEEP_ALIVE,
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
    pub tls: Option<Arc<ReloadableTlsConfig>>,
}

/// Serves until `shutdown` turns true, then lets calls in flight finish.
///
/// The probes answer from the first moment to the last. Evaluation begins when `loaded` completes, so that whoever
/// connects early waits for the flags instead of not finding them. Event streams are told of the shutdown first, so that
/// their clients know before their connection goes; their tasks end with their connections.
pub async fn run(
    listeners: Listeners,
    live: Arc<Live>,
    settings: ServeConfig,
    loaded: impl Future<Output = ()>,
    mut shutdown: watch::Receiver<bool>,
) {
    let settings = Arc::new(settings);
    let (probes, pool) = accept::connection_slots();
    let common = ServerContext {
        connection_slots: pool,
        stream_slots: Arc::new(Semaphore::new(match settings.max_streams {
            0 => Semaphore::MAX_PERMITS,
            most => most.min(Semaphore::MAX_PERMITS),
        })),
        config: settings,
        live,
        shutdown: shutdown.clone(),
    };
    let (last, closing) = watch::channel(false);
    let probes = tokio::spawn(common.serve_management(listeners.management, &probes, closing));
    tokio::select! {
        () = loaded => {}
        () = tokio::time::sleep(limits::INITIAL_LOAD_TIMEOUT) => {
            tracing::warn!("the sources are still being read; serving what there is");
        }
        () = accept::shutdown_requested(&mut shutdown) => {}
    }
    let tls = listeners.tls;
    let mut servers = JoinSet::new();
    servers.spawn(common.serve_evaluation(listeners.evaluation, tls.clone()));
    servers.spawn(common.serve_ofrep(listeners.ofrep, tls.clone()));
    servers.spawn(common.serve_sync(listeners.sync, tls));
    let grace = common.config.grace;
    let all = async {
        while servers.join_next().await.is_some() {}
        let _ = last.send(true);
        let _ = probes.await;
    };
    // The ports wait for their connections as long as they may; what then still holds on to the probes is let go.
    let over = async {
        accept::shutdown_requested(&mut shutdown).await;
        tokio::time::sleep(grace + limits::PROBE_EXTRA_GRACE).await;
    };
    tokio::select! {
        () = all => {}
        () = over => {}
    }
}

/// What the ports have in common.
#[derive(Debug)]
struct ServerContext {
    live: Arc<Live>,
    config: Arc<ServeConfig>,
    /// Places for streams.
    stream_slots: Arc<Semaphore>,
    /// Places for connections.
    connection_slots: Arc<Semaphore>,
    shutdown: watch::Receiver<bool>,
}

impl ServerContext {
    fn serve_management(
        &self,
        listener: Listener,
        pool: &Arc<Semaphore>,
        closing: watch::Receiver<bool>,
    ) -> impl Future<Output = ()> + use<> {
        let admin = Arc::new(AdminService {
            builtin_services: self.builtin_services(&[]),
            live: self.live.clone(),
            shutdown: self.shutdown.clone(),
            metrics: self.config.metrics.clone(),
            debug: DebugEndpoints::new(self.live.clone(), self.config.clone()),
        });
        accept::serve(
            listener,
            admin,
            PortConfig::new(&self.config, pool),
            closing,
        )
    }

    fn serve_evaluation(
        &self,
        listener: Listener,
        tls: Option<Arc<ReloadableTlsConfig>>,
    ) -> impl Future<Output = ()> + use<> {
        let rpc = Arc::new(EvaluationService {
            builtin_services: self.builtin_services(&negotiate::EVALUATION_SERVICES),
            live: self.live.clone(),
            config: self.config.clone(),
            stream_slots: self.stream_slots.clone(),
            instrumentation: self.instrumentation(tls.is_some()),
            shutdown: self.shutdown.clone(),
        });
        self.serve_port(listener, rpc, tls)
    }

    fn serve_ofrep(
        &self,
        listener: Listener,
        tls: Option<Arc<ReloadableTlsConfig>>,
    ) -> impl Future<Output = ()> + use<> {
        let ofrep = Arc::new(OfrepService {
            live: self.live.clone(),
            config: self.config.clone(),
            stream_slots: self.stream_slots.clone(),
            instrumentation: self.instrumentation(tls.is_some()),
            shutdown: self.shutdown.clone(),
        });
        self.serve_port(listener, ofrep, tls)
    }

    /// A port for whoever evaluates.
    fn serve_port<A: Handler>(
        &self,
        listener: Listener,
        handler: A,
        tls: Option<Arc<ReloadableTlsConfig>>,
    ) -> impl Future<Output = ()> + use<A> {
        let manner = PortConfig::new(&self.config, &self.connection_slots);
        let manner = PortConfig { tls, ..manner };
        accept::serve(listener, handler, manner, self.shutdown.clone())
    }

    fn serve_sync(
        &self,
        listener: Listener,
        tls: Option<Arc<ReloadableTlsConfig>>,
    ) -> impl Future<Output = ()> + use<> {
        let sync = Arc::new(FlagSyncService {
            builtin_services: self.builtin_services(&[service::SERVICE_NAME]),
            live: self.live.clone(),
            config: self.config.clone(),
            stream_slots: self.stream_slots.clone(),
            shutdown: self.shutdown.clone(),
        });
        let manner = PortConfig {
            tls,
            ping_policy: Some(self.config.ping_policy),
            ..PortConfig::new(&self.config, &self.connection_slots)
        };
        accept::serve(listener, sync, manner, self.shutdown.clone())
    }

    /// What a port serves besides `own`.
    fn builtin_services(&self, own: &[&'static str]) -> Arc<BuiltinServices> {
        Arc::new(BuiltinServices {
            live: self.live.clone(),
            config: self.config.clone(),
            stream_slots: self.stream_slots.clone(),
            shutdown: self.shutdown.clone(),
            service_names: BuiltinServices::service_names(own),
        })
    }

    fn instrumentation(&self, tls: bool) -> Instrumentation {
        Instrumentation {
            metrics: self.config.metrics.clone(),
            traces: self.config.traces.clone(),
            scheme: if tls { Scheme::Https } else { Scheme::Http },
        }
    }
}
