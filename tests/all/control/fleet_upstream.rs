//! A sync port of the control plane in the test process.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use fanion::control::fleet::environment::FleetEnvironment;
use fanion::control::fleet::environment::FleetTokens;
use fanion::control::fleet::replica_registry::Replica;
use fanion::control::fleet::replica_registry::ReplicaRegistry;
use fanion::control::fleet::server;
use fanion::control::fleet::server::FleetServer;
use fanion::control::revision::Definitions;
use fanion::control::revision::Revision;
use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::DocumentOrigin;
use fanion::rule::bucketing::bucketing_value::FractionalVersion;
use fanion::ruleset;
use fanion::serve::ServeConfig;
use fanion::serve::connection::ping_enforcement::PingPolicy;
use fanion::serve::listen::addr::ListenAddr;
use fanion::serve::listen::socket::Listener;
use fanion::snapshot::Snapshot;
use fanion::wire::content_hash::ContentHash;
use fanion::wire::flag_sync;
use fanion::wire::fleet::revision_id::RevisionId;
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::support::wait::wait_until;

/// The revision of a document. Flags that the document's reader finds faulty keep their text.
pub fn revision(epoch: u64, number: u64, document: &str) -> Arc<Revision> {
    let origin = DocumentOrigin {
        source: "flags.json".into(),
        file: "flags.json".into(),
    };
    let parsed = document::parse_bytes(document.as_bytes(), DocumentFormat::Json, &origin);
    let parsed = parsed.document.expect("a document");
    let (ruleset, _) = ruleset::compile(&parsed, FractionalVersion::default());
    let definitions: Definitions = ruleset
        .flags
        .iter()
        .map(|flag| (flag.key.clone(), flag_sync::definition(flag).into()))
        .collect();
    revision_of(epoch, number, definitions, ruleset)
}

/// A revision with these definitions, whatever they are.
pub fn revision_of(
    epoch: u64,
    number: u64,
    definitions: Definitions,
    ruleset: ruleset::Ruleset,
) -> Arc<Revision> {
    let texts = definitions.iter().map(|(key, text)| (&**key, &**text));
    Arc::new(Revision {
        number,
        epoch,
        content_hash: ContentHash::of_definitions(texts),
        definitions: Arc::new(definitions),
        snapshot: Arc::new(Snapshot::build(ruleset, &Snapshot::default())),
    })
}

/// A running sync port with one environment. Stops when dropped.
pub struct FleetUpstream {
    pub port: u16,
    pub revisions: watch::Sender<Arc<Revision>>,
    pub replicas: Arc<ReplicaRegistry>,
    shutdown: watch::Sender<bool>,
    ended: JoinHandle<()>,
}

impl FleetUpstream {
    pub async fn start(first: Arc<Revision>) -> FleetUpstream {
        FleetUpstream::start_on_port(0, first).await
    }

    pub async fn start_on_port(port: u16, first: Arc<Revision>) -> FleetUpstream {
        let (revisions, revision) = watch::channel(first);
        let replicas = Arc::new(ReplicaRegistry::with_defaults(SystemTime::now()));
        let environment = FleetEnvironment {
            name: "default".to_owned(),
            revision,
            replicas: replicas.clone(),
            history: fanion::control::fleet::history::History::new(None, "default"),
        };
        let (port, shutdown, ended) = serve(port, vec![environment], FleetTokens::default()).await;
        FleetUpstream {
            port,
            revisions,
            replicas,
            shutdown,
            ended,
        }
    }

    pub fn target(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn publish(&self, revision: Arc<Revision>) {
        self.revisions.send_replace(revision);
    }

    /// Waits until the server has seen a revision.
    pub async fn wait_for_revision(&self, number: u64) {
        let newest = || self.replicas.newest().map(|newest| newest.number);
        wait_until(|| newest() == Some(number), || format!("{:?}", newest())).await;
    }

    /// Waits until a replica has an event for which `is` returns true.
    pub async fn wait_for_replica(&self, is: impl Fn(&Replica) -> bool) -> Replica {
        let only = || {
            self.replicas
                .replicas()
                .into_iter()
                .find(|replica| is(replica))
        };
        wait_until(
            || only().is_some(),
            || format!("{:#?}", self.replicas.replicas()),
        )
        .await;
        only().expect("it was there")
    }

    /// Waits until the only replica has applied a revision.
    pub async fn wait_for_applied(&self, id: RevisionId) -> Replica {
        let applied = |replica: &Replica| replica.applied.map(|event| event.revision) == Some(id);
        self.wait_for_replica(applied).await
    }

    /// Stops the server in an orderly way, and waits for its end.
    pub async fn stop(self) -> u16 {
        let _ = self.shutdown.send(true);
        self.ended.await.expect("no panic");
        self.port
    }
}

/// Serves environments on a port.
pub async fn serve(
    port: u16,
    environments: Vec<FleetEnvironment>,
    tokens: FleetTokens,
) -> (u16, watch::Sender<bool>, JoinHandle<()>) {
    let place = ListenAddr::Tcp(Some(Ipv4Addr::LOCALHOST.into()), port);
    let listener = Listener::bind(&place).await.expect("a free port");
    let port = listener.port().expect("TCP");
    let (shutdown, stopping) = watch::channel(false);
    let fleet = FleetServer {
        environments,
        tokens: Arc::new(ArcSwap::from_pointee(tokens)),
        config: ServeConfig {
            // The sources of tests ping often, to find lost connections soon.
            ping_policy: PingPolicy {
                min_time: Duration::from_millis(1),
                permit_without_stream: true,
            },
            ..ServeConfig::default()
        },
        connection_slots: Arc::new(Semaphore::new(1000)),
        tls: None,
    };
    let ended = tokio::spawn(server::serve(listener, fleet, stopping));
    (port, shutdown, ended)
}
