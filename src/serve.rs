//! Servers of the four ports: evaluation, OFREP, flag sync and management, started, supervised and shut down together.
//!
//! The evaluation port serves gRPC, gRPC-Web and Connect over HTTP/1.1 and HTTP/2. The three protocols are framings of
//! one function, [`crate::resolve`]. They are built directly on hyper: tonic's server would double the cost of a
//! request, and supports neither Connect nor preframed responses. No task is spawned for a request that arrives
//! complete: on HTTP/2 it is answered between two polls of hyper (`connection::http2_executor`), on HTTP/1.1 before
//! hyper (`connection::http1::fast_path`).

pub mod admin;
pub mod config;
pub mod connection;
pub mod context;
pub mod http;
pub mod listen;
pub mod ofrep;
pub mod rpc;
pub mod shutdown_watch;
pub mod stream;
pub mod supervisor;
pub mod sync;
pub mod tasks;

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::sync::watch;

use crate::limits;
use crate::live::Live;
use crate::metric::authentication::AuthenticatedPort;
use crate::metric::http_server::request_labels::Scheme;
use crate::metric::task_panics::TaskKind;
use crate::serve::admin::AdminService;
use crate::serve::admin::debug::DebugEndpoints;
pub use crate::serve::config::ServeConfig;
use crate::serve::context::ServerContext;
use crate::serve::http::auth::PortAuthentication;
use crate::serve::http::auth::token_file::TokenFile;
use crate::serve::http::instrumentation::Instrumentation;
use crate::serve::listen::accept;
use crate::serve::listen::connection_slots;
use crate::serve::listen::port_role::PortConfig;
use crate::serve::listen::port_role::PortRole;
use crate::serve::listen::socket::Listener;
use crate::serve::listen::tls::ReloadableTlsConfig;
use crate::serve::ofrep::router::OfrepService;
use crate::serve::rpc::builtin_services::BuiltinServices;
use crate::serve::rpc::route::EVALUATION_SERVICES;
use crate::serve::rpc::service::EvaluationService;
pub use crate::serve::supervisor::ServeError;
use crate::serve::supervisor::Supervisor;
use crate::serve::sync::request::SERVICE_NAME;
use crate::serve::sync::service::FlagSyncService;

/// The sockets, bound but not yet served.
#[derive(Debug)]
pub struct Listeners {
    /// Evaluation.
    pub evaluation: Listener,
    /// Probes, metrics and debug endpoints.
    pub management: Listener,
    /// OFREP.
    pub ofrep: Listener,
    /// Flag sync.
    pub sync: Listener,
    /// The certificates of all ports except management, if TLS is configured.
    pub tls: Option<Arc<ReloadableTlsConfig>>,
}

/// Serves until `shutdown` turns true, then waits for calls in flight, for at most the grace period.
///
/// The management port is served from start to end. The other ports are served once `loaded` completes, so that early
/// clients wait for the flags instead of finding none. At shutdown event streams end first, so that their clients are
/// notified before the connection is closed; their tasks end with their connections.
///
/// # Errors
/// If a server panics, or ends before the shutdown. The others are then shut down at once.
pub async fn run(
    listeners: Listeners,
    live: Arc<Live>,
    config: ServeConfig,
    loaded: impl Future<Output = ()>,
    mut shutdown: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let (stop, stopping) = watch::channel(false);
    let (stop_probes, probes_stopping) = watch::channel(false);
    let (probe_slots, connection_slots) = connection_slots::connection_slots();
    let servers = Servers {
        context: ServerContext::new(live, config, stopping),
        connection_slots,
        tls: listeners.tls,
    };
    servers.follow_token_files();
    let mut supervisor = Supervisor::default();
    // Probes run on the caller's runtime, so that they are answered however long the workers take for a request.
    let caller = Handle::current();
    let workers = servers.context.config.workers.clone();
    let workers = workers.unwrap_or_else(|| caller.clone());
    let management = servers.management(listeners.management, &probe_slots, probes_stopping);
    supervisor.spawn(PortRole::Management, Box::pin(management), &caller);
    let mut failed = tokio::select! {
        () = initial_load(loaded, &mut shutdown) => None,
        error = supervisor.failure() => Some(error),
    };
    if failed.is_none() {
        let evaluation = servers.evaluation(listeners.evaluation);
        supervisor.spawn(PortRole::Evaluation, Box::pin(evaluation), &workers);
        let ofrep = servers.ofrep(listeners.ofrep);
        supervisor.spawn(PortRole::Ofrep, Box::pin(ofrep), &workers);
        let sync = servers.sync(listeners.sync);
        supervisor.spawn(PortRole::Sync, Box::pin(sync), &workers);
        failed = tokio::select! {
            () = shutdown_watch::requested(&mut shutdown) => None,
            error = supervisor.failure() => Some(error),
        };
    }
    let _ = stop.send(true);
    if let Some(error) = failed {
        let _ = stop_probes.send(true);
        let drained = supervisor.drain(None);
        let _ = tokio::time::timeout(limits::FAILURE_GRACE, drained).await;
        return Err(error);
    }
    let grace = servers.context.config.grace + limits::PROBE_EXTRA_GRACE;
    let drained = drain(&mut supervisor, &stop_probes, &servers.context);
    // Each port drains its connections within the grace period; probe connections still open after that are closed.
    tokio::time::timeout(grace, drained).await.unwrap_or(Ok(()))
}

/// Waits for the initial load of the sources, its timeout or the shutdown, whichever comes first.
async fn initial_load(loaded: impl Future<Output = ()>, shutdown: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = loaded => {}
        () = tokio::time::sleep(limits::INITIAL_LOAD_TIMEOUT) => {
            tracing::warn!("initial load timed out: serving the flags loaded so far");
        }
        () = shutdown_watch::requested(shutdown) => {}
    }
}

/// Drains the ports, then the management port, then waits for the remaining tasks.
async fn drain(
    supervisor: &mut Supervisor,
    stop_probes: &watch::Sender<bool>,
    context: &ServerContext,
) -> Result<(), ServeError> {
    let ports = supervisor.drain(Some(PortRole::Management)).await;
    let _ = stop_probes.send(true);
    let probes = supervisor.drain(None).await;
    context.tasks.wait().await;
    ports.and(probes)
}

/// Builds the server of each port.
struct Servers {
    context: ServerContext,
    /// Connection slots that all ports except management share.
    connection_slots: Arc<Semaphore>,
    tls: Option<Arc<ReloadableTlsConfig>>,
}

impl Servers {
    fn management(
        &self,
        listener: Listener,
        probe_slots: &Arc<Semaphore>,
        stopping: watch::Receiver<bool>,
    ) -> impl Future<Output = ()> + use<> {
        let context = &self.context;
        let admin = Arc::new(AdminService {
            context: context.clone(),
            builtin_services: BuiltinServices::new(context.clone(), &[], None),
            debug: DebugEndpoints::new(context.clone()),
        });
        let config = PortConfig::new(PortRole::Management, &context.config, probe_slots);
        accept::serve(listener, admin, config, context.tasks.clone(), stopping)
    }

    fn evaluation(&self, listener: Listener) -> impl Future<Output = ()> + use<> {
        let context = &self.context;
        let tokens = context.config.tokens.evaluation.as_ref();
        let authentication = self.authentication(AuthenticatedPort::Evaluation, tokens);
        let own = &EVALUATION_SERVICES;
        let reflection = Some(authentication.clone());
        let rpc = Arc::new(EvaluationService {
            context: context.clone(),
            builtin_services: BuiltinServices::new(context.clone(), own, reflection),
            instrumentation: self.instrumentation(),
            authentication,
        });
        let (config, shutdown) = (self.port(PortRole::Evaluation), context.shutdown.clone());
        accept::serve(listener, rpc, config, context.tasks.clone(), shutdown)
    }

    fn ofrep(&self, listener: Listener) -> impl Future<Output = ()> + use<> {
        let context = &self.context;
        let tokens = context.config.tokens.ofrep.as_ref();
        let ofrep = Arc::new(OfrepService {
            context: context.clone(),
            instrumentation: self.instrumentation(),
            authentication: self.authentication(AuthenticatedPort::Ofrep, tokens),
        });
        let (config, shutdown) = (self.port(PortRole::Ofrep), context.shutdown.clone());
        accept::serve(listener, ofrep, config, context.tasks.clone(), shutdown)
    }

    fn sync(&self, listener: Listener) -> impl Future<Output = ()> + use<> {
        let context = &self.context;
        let tokens = context.config.tokens.sync.as_ref();
        let authentication = self.authentication(AuthenticatedPort::Sync, tokens);
        let reflection = Some(authentication.clone());
        let sync = Arc::new(FlagSyncService {
            context: context.clone(),
            builtin_services: BuiltinServices::new(context.clone(), &[SERVICE_NAME], reflection),
            authentication,
        });
        let config = PortConfig {
            ping_policy: Some(context.config.ping_policy),
            ..self.port(PortRole::Sync)
        };
        let shutdown = context.shutdown.clone();
        accept::serve(listener, sync, config, context.tasks.clone(), shutdown)
    }

    /// The limits of a port, with the certificates if TLS is configured.
    fn port(&self, port: PortRole) -> PortConfig {
        PortConfig {
            tls: self.tls.clone(),
            ..PortConfig::new(port, &self.context.config, &self.connection_slots)
        }
    }

    /// Starts a task for each file with bearer tokens, which ends when the shutdown begins.
    fn follow_token_files(&self) {
        let context = &self.context;
        for file in context.config.tokens.files() {
            let (file, context) = (file.clone(), context.clone());
            let task = async move {
                let follow = || file.clone().follow(context.shutdown.clone());
                while let Err(payload) = tasks::catch_panic(follow()).await {
                    context.tasks.report_panic(TaskKind::TokenFile, &*payload);
                }
            };
            let tasks = &self.context.tasks;
            tasks.spawn(TaskKind::TokenFile, Box::pin(task), None);
        }
    }

    fn authentication(
        &self,
        port: AuthenticatedPort,
        tokens: Option<&Arc<TokenFile>>,
    ) -> PortAuthentication {
        PortAuthentication {
            tokens: tokens.cloned(),
            port,
            metrics: self.context.config.metrics.clone(),
        }
    }

    fn instrumentation(&self) -> Instrumentation {
        let config = &self.context.config;
        Instrumentation {
            metrics: config.metrics.clone(),
            traces: config.traces.clone(),
            scheme: match self.tls {
                Some(_) => Scheme::Https,
                None => Scheme::Http,
            },
        }
    }
}
