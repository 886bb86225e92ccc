//! Starts the control plane: opens the store, binds the ports, starts the environments, and serves until a signal.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cli::fanion_control::bootstrap_token;
use crate::cli::fanion_control::options::StartOptions;
use crate::cli::fanion_control::sync_tokens;
use crate::cli::version;
use crate::control;
use crate::control::api;
use crate::control::api::ApiContext;
use crate::control::api::handler::ApiHandler;
use crate::control::environment::journal::Journal;
use crate::control::environment::startup;
use crate::control::environment::startup::StartedEnvironment;
use crate::control::fleet;
use crate::control::fleet::environment::FleetEnvironment;
use crate::control::fleet::replica_registry::Expectation;
use crate::control::fleet::replica_registry::ReplicaRegistry;
use crate::control::fleet::server::FleetServer;
use crate::control::store::SqliteStore;
use crate::control::store::Store as _;
use crate::control::store::StoreReader;
use crate::limits;
use crate::metric::registry;
use crate::metric::registry::Metrics;
use crate::serve::ServeConfig;
use crate::serve::listen::accept;
use crate::serve::listen::addr::ListenAddr;
use crate::serve::listen::connection_slots;
use crate::serve::listen::port_role::PortConfig;
use crate::serve::listen::port_role::PortRole;
use crate::serve::listen::socket::Listener;
use crate::serve::listen::tls::ReloadableTlsConfig;
use crate::serve::listen::tls::TlsPaths;
use crate::serve::tasks::Tasks;
use crate::source::spec::SourceSpec;
use crate::telemetry::logging;
use crate::telemetry::logging::LogFormat;

/// The worker threads: changes are rare, and streams wait.
const WORKERS: usize = 2;
/// The time for requests in flight after a signal.
const GRACE: Duration = Duration::from_secs(5);

/// Runs the control plane until SIGTERM or SIGINT.
///
/// # Errors
/// The reason why it cannot start.
pub fn run(options: &StartOptions) -> Result<(), Vec<String>> {
    let format = match options.log_format.as_str() {
        "json" => LogFormat::Json,
        _ => LogFormat::Console,
    };
    let log = logging::init_logging(format, options.debug)
        .map_err(|error| vec![format!("cannot start the log: {error}")])?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(|error| vec![format!("cannot start the async runtime: {error}")])?;
    let outcome = runtime.block_on(serve(options));
    runtime.shutdown_timeout(limits::WORKER_END_TIMEOUT);
    if let Err(mistake) = &outcome {
        log.push(format!("error: {mistake}\n").as_bytes());
    }
    log.flush(limits::LOG_DRAIN_TIMEOUT);
    outcome.map_err(|_| Vec::new())
}

async fn serve(options: &StartOptions) -> Result<(), String> {
    let paths = options.environments()?;
    let tokens = sync_tokens::load(&options.sync_token_path, &paths)?;
    let stop = termination_signal().map_err(|error| format!("cannot handle signals: {error}"))?;
    let store = SqliteStore::open(&options.data_dir).map_err(|error| error.to_string())?;
    let bootstrap_token = bootstrap_token::load(options)?;
    let reader = store.reader();
    let journal = Journal::start(Box::new(store));
    let journal = journal.map_err(|error| format!("cannot start the journal: {error}"))?;
    let tls = load_tls(options)?;
    let listeners = [
        bind("api", options, options.port).await?,
        bind("sync", options, options.sync_port).await?,
    ];
    let metrics = Arc::new(Metrics::new(registry::default_resource()));
    let mut started = start_environments(options, &paths, &*reader, &journal)?;
    let (shut, shutdown) = watch::channel(false);
    let context = ApiContext {
        environments: Arc::new(
            started
                .iter()
                .map(|started| {
                    (
                        started.environment.name.clone(),
                        started.environment.clone(),
                    )
                })
                .collect(),
        ),
        reader,
        journal,
        bootstrap_token: Some(bootstrap_token.clone()),
        metrics: metrics.clone(),
    };
    register_metrics(
        &metrics,
        &context,
        started.iter().map(fleet_environment).collect(),
    );
    let config = ServeConfig {
        metrics,
        grace: GRACE,
        ..ServeConfig::default()
    };
    let fleet = FleetServer {
        environments: started.iter().map(fleet_environment).collect(),
        tokens: Arc::new(ArcSwap::from_pointee(tokens)),
        config: config.clone(),
        connection_slots: connection_slots::connection_slots().1,
        tls: tls.clone(),
    };
    let version = version::version_line("fanion-control");
    tracing::info!(environments = paths.len(), "{} starts", version.trim());
    let mut tasks = JoinSet::new();
    for task in started
        .iter_mut()
        .flat_map(|started| started.tasks.drain(..))
    {
        tasks.spawn(task);
    }
    let [api_listener, sync_listener] = listeners;
    tasks.spawn(serve_api(
        api_listener,
        context,
        config,
        tls,
        shutdown.clone(),
    ));
    tasks.spawn(fleet::server::serve(sync_listener, fleet, shutdown.clone()));
    tasks.spawn(bootstrap_token.follow(shutdown));
    tokio::select! {
        signal = stop => tracing::info!(signal, "received {signal}; shutting down"),
        ended = tasks.join_next() => {
            let why = ended.map_or_else(String::new, |ended| format!("{ended:?}"));
            return Err(format!("a task ended: {why}; exiting"));
        }
    }
    let _ = shut.send(true);
    let ended = async { while tasks.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(GRACE + limits::PROBE_EXTRA_GRACE, ended).await;
    Ok(())
}

/// Starts all environments.
fn start_environments(
    options: &StartOptions,
    paths: &BTreeMap<String, std::path::PathBuf>,
    reader: &dyn StoreReader,
    journal: &Journal,
) -> Result<Vec<StartedEnvironment>, String> {
    let mut started = Vec::new();
    for (name, path) in paths {
        let flags = SourceSpec::from_path(path);
        let replicas = ReplicaRegistry::new(expectation(options, name, paths.len()));
        let environment = startup::start(name, &flags, reader, journal.clone(), Arc::new(replicas));
        let environment = environment.map_err(|why| format!("environment `{name}`: {why}"))?;
        started.push(environment);
    }
    Ok(started)
}

/// The replicas that an environment expects.
fn expectation(options: &StartOptions, environment: &str, environments: usize) -> Expectation {
    let listed = options
        .expect_replica
        .iter()
        .filter_map(|name| match name.split_once('/') {
            Some((of, name)) => (of == environment).then_some(name),
            None => (environments == 1).then_some(name.as_str()),
        });
    Expectation {
        within: options.expect_within,
        listed: listed.map(ToOwned::to_owned).collect(),
        since: SystemTime::now(),
    }
}

/// Adds the metrics of environments, of the journal and of replicas.
fn register_metrics(metrics: &Metrics, context: &ApiContext, fleet: Vec<FleetEnvironment>) {
    let (environments, journal) = (context.environments.clone(), context.journal.clone());
    metrics.register(move || {
        let mut families = control::metrics::environment_families(&environments);
        families.push(control::metrics::journal_family(Some(&journal)));
        families.extend(fleet::metrics::families(&fleet, SystemTime::now()));
        families
    });
}

fn fleet_environment(started: &StartedEnvironment) -> FleetEnvironment {
    let environment = &started.environment;
    FleetEnvironment {
        name: environment.name.to_string(),
        revision: environment.subscribe(),
        replicas: environment.replicas.clone(),
    }
}

async fn serve_api(
    listener: Listener,
    context: ApiContext,
    config: ServeConfig,
    tls: Option<Arc<ReloadableTlsConfig>>,
    shutdown: watch::Receiver<bool>,
) {
    let (slots, _) = connection_slots::connection_slots();
    let port = PortConfig {
        tls,
        ..PortConfig::new(PortRole::Management, &config, &slots)
    };
    let handler = ApiHandler {
        router: api::router(context),
        read_timeout: config.read_timeout,
    };
    let tasks = Tasks::new(config.metrics.clone());
    accept::serve(listener, handler, port, tasks, shutdown).await;
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

/// Completes on SIGTERM or SIGINT, with the name of the signal.
fn termination_signal() -> std::io::Result<impl Future<Output = &'static str>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}
