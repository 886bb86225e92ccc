//! The servers of the two ports: the API and flag sync.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cli::fanion_control::options::StartOptions;
use crate::cli::fanion_control::stored_tokens;
use crate::cli::fanion_control::sync_tokens::SyncTokenFiles;
use crate::control;
use crate::control::access::TokenRegistry;
use crate::control::api;
use crate::control::api::ApiContext;
use crate::control::api::event_streams::EventStreams;
use crate::control::api::handler::ApiHandler;
use crate::control::api::request::rate_limit::RateLimits;
use crate::control::environment::Environment;
use crate::control::environment::journal::Journal;
use crate::control::events::Feed;
use crate::control::fleet;
use crate::control::fleet::environment::FleetEnvironment;
use crate::control::fleet::history::History;
use crate::control::fleet::server::FleetServer;
use crate::control::page;
use crate::control::store::StoreReader;
use crate::control::webhook;
use crate::control::webhook::dispatcher::Dispatcher;
use crate::metric::registry;
use crate::metric::registry::Metrics;
use crate::serve::ServeConfig;
use crate::serve::http::auth::token_file::TokenFile;
use crate::serve::http::cors::AllowedOrigins;
use crate::serve::listen::accept;
use crate::serve::listen::addr::ListenAddr;
use crate::serve::listen::connection_slots;
use crate::serve::listen::ended_connections::EndedConnections;
use crate::serve::listen::port_role::PortConfig;
use crate::serve::listen::port_role::PortRole;
use crate::serve::listen::socket::Listener;
use crate::serve::listen::tls::ReloadableTlsConfig;
use crate::serve::listen::tls::TlsPaths;
use crate::serve::tasks::Tasks;

/// The time for requests in flight after a signal.
pub const GRACE: Duration = Duration::from_secs(5);

/// The sockets, bound but not yet served.
pub struct ControlListeners {
    api: Listener,
    sync: Listener,
    tls: Option<Arc<ReloadableTlsConfig>>,
    /// The connections that have ended on both ports.
    pub ended_connections: Arc<EndedConnections>,
}

/// The parts that the servers serve.
pub struct ServedParts {
    /// The environments.
    pub environments: Vec<Arc<Environment>>,
    /// Reads of the store.
    pub reader: Arc<dyn StoreReader>,
    /// The thread that writes the store.
    pub journal: Journal,
    /// The token with full access.
    pub bootstrap_token: Arc<TokenFile>,
    /// All other tokens of the API.
    pub tokens: Arc<TokenRegistry>,
    /// The requests in a second and token; 0 for no limit.
    pub requests_per_second: u32,
    /// The origins from which remote modules may be loaded.
    pub remote_origins: Vec<String>,
    /// The origins of web pages that may call the routes of flag services.
    pub allowed_origins: Option<AllowedOrigins>,
    /// The tokens of replicas.
    pub sync_tokens: SyncTokenFiles,
    /// The webhooks.
    pub webhooks: Vec<Arc<Dispatcher>>,
}

impl ControlListeners {
    /// Binds both ports, and loads the certificates.
    ///
    /// # Errors
    /// If a port is taken, or a file is invalid.
    pub async fn bind(options: &StartOptions) -> Result<ControlListeners, String> {
        Ok(ControlListeners {
            tls: load_tls(options)?,
            api: bind("api", options, options.port).await?,
            sync: bind("sync", options, options.sync_port).await?,
            ended_connections: Arc::default(),
        })
    }

    /// Serves both ports until the shutdown.
    pub fn serve(self, parts: ServedParts, shut: &watch::Sender<bool>) -> JoinSet<()> {
        let metrics = Arc::new(Metrics::new(resource()));
        let config = ServeConfig {
            metrics: metrics.clone(),
            grace: GRACE,
            ended_connections: self.ended_connections,
            ..ServeConfig::default()
        };
        // The API has its own connection slots, so that a kill is possible however many replicas are connected.
        let (api_slots, sync_slots) = connection_slots::connection_slots();
        let api_port = PortConfig {
            tls: self.tls.clone(),
            ..PortConfig::new(PortRole::Management, &config, &api_slots)
        };
        let of_fleet = |environment| fleet_environment(environment, &parts.reader);
        let environments: Vec<_> = parts.environments.iter().map(of_fleet).collect();
        let fleet = FleetServer {
            environments: environments.clone(),
            tokens: parts.sync_tokens.tokens.clone(),
            config: config.clone(),
            connection_slots: sync_slots,
            tls: self.tls,
        };
        let tasks = Tasks::new(metrics.clone());
        let mut servers = JoinSet::new();
        let feeds = start_feeds(&parts, &mut servers, shut);
        let named = parts.environments.into_iter();
        let context = ApiContext {
            events: EventStreams::new(feeds, tasks.clone(), shut.subscribe()),
            environments: Arc::new(named.map(|env| (env.name.clone(), env)).collect()),
            reader: parts.reader,
            journal: parts.journal.clone(),
            bootstrap_token: Some(parts.bootstrap_token.clone()),
            tokens: parts.tokens.clone(),
            rate_limits: Arc::new(RateLimits::new(parts.requests_per_second)),
            in_progress: Arc::default(),
            webhooks: parts.webhooks.into(),
            remote_origins: parts.remote_origins.into(),
            metrics: metrics.clone(),
        };
        register_metrics(&metrics, &context, environments);
        let api = ApiHandler {
            router: page::router(context.clone()).merge(api::router(context)),
            read_timeout: config.read_timeout,
            allowed_origins: parts.allowed_origins.map(Arc::new),
        };
        servers.spawn(accept::serve(
            self.api,
            api,
            api_port,
            tasks,
            shut.subscribe(),
        ));
        servers.spawn(fleet::server::serve(self.sync, fleet, shut.subscribe()));
        servers.spawn(parts.bootstrap_token.follow(shut.subscribe()));
        servers.spawn(parts.sync_tokens.follow(shut.subscribe()));
        let uses = stored_tokens::follow(parts.tokens, parts.journal, shut.subscribe());
        servers.spawn(uses);
        servers
    }
}

/// Starts the feed of each environment.
fn start_feeds(
    parts: &ServedParts,
    servers: &mut JoinSet<()>,
    shut: &watch::Sender<bool>,
) -> BTreeMap<Arc<str>, Arc<Feed>> {
    let mut feeds = BTreeMap::new();
    for environment in &parts.environments {
        let feed = Arc::new(Feed::new(environment.clone(), parts.reader.clone()));
        servers.spawn(feed.clone().run(shut.subscribe()));
        feeds.insert(environment.name.clone(), feed);
    }
    feeds
}

/// The attributes of the process.
fn resource() -> Vec<(String, String)> {
    let mut attributes = registry::default_resource();
    for (name, value) in &mut attributes {
        if name == "service.name" {
            "fanion-control".clone_into(value);
        }
    }
    attributes
}

/// Adds the metrics of environments, of the journal and of replicas.
fn register_metrics(metrics: &Metrics, context: &ApiContext, fleet: Vec<FleetEnvironment>) {
    let (environments, journal) = (context.environments.clone(), context.journal.clone());
    let webhooks = context.webhooks.clone();
    metrics.register(move || {
        let mut families = control::metrics::environment_families(&environments);
        families.push(control::metrics::journal_family(Some(&journal)));
        families.extend(fleet::metrics::families(&fleet, SystemTime::now()));
        families.extend(webhook::metrics::families(&webhooks));
        families
    });
}

fn fleet_environment(
    environment: &Arc<Environment>,
    reader: &Arc<dyn StoreReader>,
) -> FleetEnvironment {
    FleetEnvironment {
        name: environment.name.to_string(),
        revision: environment.subscribe(),
        replicas: environment.replicas.clone(),
        history: History::new(Some(reader.clone()), &environment.name),
    }
}

fn load_tls(options: &StartOptions) -> Result<Option<Arc<ReloadableTlsConfig>>, String> {
    let (Some(certificate), Some(key)) = (&options.server_cert_path, &options.server_key_path)
    else {
        return Ok(None);
    };
    let paths = TlsPaths {
        certificate: certificate.clone(),
        key: key.clone(),
        client_ca: None,
    };
    ReloadableTlsConfig::load(paths).map(Arc::new).map(Some)
}

async fn bind(name: &str, options: &StartOptions, port: u16) -> Result<Listener, String> {
    let address = ListenAddr::Tcp(options.bind_address, port);
    let listener = Listener::bind(&address).await;
    let listener =
        listener.map_err(|error| format!("cannot listen on {name} {address}: {error}"))?;
    let port = listener.port();
    tracing::info!(name, port, at = %address, "listening");
    Ok(listener)
}
