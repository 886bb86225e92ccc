//! Serves the sync port of the control plane.

use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::control::fleet::environment::FleetEnvironment;
use crate::control::fleet::environment::FleetTokens;
use crate::control::fleet::environment::ServedEnvironment;
use crate::control::fleet::message_cache::MessageCache;
use crate::control::fleet::service::FLEET_SERVICE;
use crate::control::fleet::service::FleetSyncService;
use crate::live::Live;
use crate::ruleset::Ruleset;
use crate::serve::ServeConfig;
use crate::serve::context::ServerContext;
use crate::serve::listen::accept;
use crate::serve::listen::port_role::PortConfig;
use crate::serve::listen::port_role::PortRole;
use crate::serve::listen::socket::Listener;
use crate::serve::listen::tls::ReloadableTlsConfig;
use crate::serve::rpc::builtin_services::BuiltinServices;
use crate::serve::sync::request::SERVICE_NAME;
use crate::snapshot::Snapshot;

/// The parts of a sync port.
#[derive(Debug)]
pub struct FleetServer {
    /// The environments.
    pub environments: Vec<FleetEnvironment>,
    /// The tokens that choose an environment. They may be replaced at any time, and hold for new streams.
    pub tokens: Arc<ArcSwap<FleetTokens>>,
    /// The limits and metrics.
    pub config: ServeConfig,
    /// Connection slots that ports share.
    pub connection_slots: Arc<Semaphore>,
    /// The certificates, if the port serves TLS.
    pub tls: Option<Arc<ReloadableTlsConfig>>,
}

/// Serves the port until `shutdown` turns true, and then until its streams have ended or the grace period is over.
pub async fn serve(listener: Listener, server: FleetServer, shutdown: watch::Receiver<bool>) {
    let context = ServerContext::new(ready_live(), server.config, shutdown.clone());
    let config = PortConfig {
        tls: server.tls,
        ping_policy: Some(context.config.ping_policy),
        ..PortConfig::new(PortRole::Sync, &context.config, &server.connection_slots)
    };
    let environments = server.environments.into_iter();
    let environments: Vec<_> = environments
        .map(|environment| {
            Arc::new(ServedEnvironment {
                environment,
                messages: MessageCache::default(),
            })
        })
        .collect();
    // Aborted when this future ends.
    let mut followers = JoinSet::new();
    for served in &environments {
        followers.spawn(follow_revisions(served.clone()));
    }
    let names = [SERVICE_NAME, FLEET_SERVICE];
    let service = Arc::new(FleetSyncService {
        builtin_services: BuiltinServices::new(context.clone(), &names, None),
        environments,
        tokens: server.tokens,
        context: context.clone(),
    });
    accept::serve(listener, service, config, context.tasks.clone(), shutdown).await;
    context.tasks.wait().await;
}

/// Tells the registry and the cache of each revision, also while no replica is connected.
async fn follow_revisions(served: Arc<ServedEnvironment>) {
    let mut revisions = served.environment.revision.clone();
    loop {
        let revision = revisions.borrow_and_update().clone();
        served.messages.note(&revision);
        let replicas = &served.environment.replicas;
        replicas.publish(revision.id(), SystemTime::now());
        if revisions.changed().await.is_err() {
            return;
        }
    }
}

/// A snapshot that counts as ready: an environment always has a revision.
fn ready_live() -> Arc<Live> {
    let live = Live::default();
    live.publish(Snapshot::build(Ruleset::default(), &Snapshot::default()));
    Arc::new(live)
}
