//! Starts the control plane: opens the store, binds the ports, starts the environments, and serves until a signal.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cli::fanion_control::bootstrap_token;
use crate::cli::fanion_control::options::StartOptions;
use crate::cli::fanion_control::seen_replicas;
use crate::cli::fanion_control::servers;
use crate::cli::fanion_control::servers::ControlListeners;
use crate::cli::fanion_control::servers::ServedParts;
use crate::cli::fanion_control::stored_tokens;
use crate::cli::fanion_control::sync_tokens::SyncTokenFiles;
use crate::cli::fanion_control::webhooks;
use crate::cli::heap_release;
use crate::cli::heap_release::ReleaseHeap;
use crate::cli::termination_signal::termination_signal;
use crate::cli::version;
use crate::cli::worker_runtime;
use crate::control::environment::journal::Journal;
use crate::control::environment::startup;
use crate::control::environment::startup::StartedEnvironment;
use crate::control::fleet::replica_registry::Expectation;
use crate::control::fleet::replica_registry::ReplicaRegistry;
use crate::control::store::SqliteStore;
use crate::control::store::Store as _;
use crate::control::store::StoreReader;
use crate::control::webhook::sender::WebhookSender;
use crate::limits;
use crate::source::spec::SourceSpec;
use crate::telemetry::logging;
use crate::telemetry::logging::LogFormat;

/// The worker threads: changes are rare, and streams wait.
const WORKERS: usize = 2;

/// Runs the control plane until SIGTERM or SIGINT.
///
/// # Errors
/// The reason why it cannot start.
pub fn run(options: &StartOptions, release_heap: ReleaseHeap) -> Result<(), Vec<String>> {
    let format = match options.log_format.as_str() {
        "json" => LogFormat::Json,
        _ => LogFormat::Console,
    };
    let log = logging::init_logging(format, options.debug)
        .map_err(|error| vec![format!("cannot start the log: {error}")])?;
    let runtime = worker_runtime::build(Some(WORKERS)).map_err(|mistake| vec![mistake])?;
    let outcome = runtime.block_on(serve(options, release_heap));
    runtime.shutdown_timeout(limits::WORKER_END_TIMEOUT);
    if let Err(mistake) = &outcome {
        log.push(format!("error: {mistake}\n").as_bytes());
    }
    log.flush(limits::LOG_DRAIN_TIMEOUT);
    outcome.map_err(|_| Vec::new())
}

async fn serve(options: &StartOptions, release_heap: ReleaseHeap) -> Result<(), String> {
    let paths = options.environments()?;
    let sync_tokens = SyncTokenFiles::load(&options.sync_token_path, &paths)?;
    let stop = termination_signal().map_err(|error| format!("cannot handle signals: {error}"))?;
    let store = SqliteStore::open(&options.data_dir).map_err(|error| error.to_string())?;
    let bootstrap_token = bootstrap_token::load(options)?;
    let endpoints = webhooks::load(options)?;
    let tokens = stored_tokens::load(&*store.reader())?;
    let listeners = ControlListeners::bind(options).await?;
    let reader = store.reader();
    let journal = Journal::start(Box::new(store));
    let journal = journal.map_err(|error| format!("cannot start the journal: {error}"))?;
    let mut started = start_environments(options, &paths, &*reader, &journal)?;
    let version = version::version_line("fanion-control");
    tracing::info!(environments = paths.len(), "{} starts", version.trim());
    let mut environment_tasks = spawn_environment_tasks(&mut started, &options.data_dir);
    let shut = watch::Sender::new(false);
    let environments: Vec<_> = started.iter().map(|s| s.environment.clone()).collect();
    let webhooks = webhooks::dispatchers(&endpoints, &environments, &reader, &journal)?;
    let sender = Arc::new(WebhookSender::new());
    for webhook in &webhooks {
        environment_tasks.spawn(webhook.clone().run(sender.clone()));
    }
    let parts = ServedParts {
        environments,
        reader,
        journal,
        bootstrap_token,
        tokens: Arc::new(tokens),
        requests_per_second: options.requests_per_second,
        sync_tokens,
        webhooks,
        remote_origins: options.remote_origins(),
        allowed_origins: options.allowed_origins(),
    };
    for environment in &parts.environments {
        let ended = listeners.ended_connections.clone();
        let (delay, changes) = (heap_release::DELAY, environment.authored.subscribe());
        environment_tasks.spawn(heap_release::run(release_heap, delay, ended, changes));
    }
    let mut servers = listeners.serve(parts, &shut);
    let ended = tokio::select! {
        signal = stop => {
            tracing::info!(signal, "received {signal}; shutting down");
            None
        }
        ended = servers.join_next() => Some(ended),
        ended = environment_tasks.join_next() => Some(ended),
    };
    let _ = shut.send(true);
    let drained = async { while servers.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(servers::GRACE + limits::PROBE_EXTRA_GRACE, drained).await;
    match ended {
        None => Ok(()),
        Some(ended) => Err(format!("a task ended: {ended:?}; exiting")),
    }
}

/// Spawns the tasks of all environments, none of which may end.
fn spawn_environment_tasks(started: &mut [StartedEnvironment], data_dir: &Path) -> JoinSet<()> {
    // Aborted at the end: what they have begun to write is complete, or not acknowledged.
    let mut environment_tasks = JoinSet::new();
    let all = started.iter_mut();
    for task in all.flat_map(|started| started.tasks.drain(..)) {
        environment_tasks.spawn(task);
    }
    for StartedEnvironment {
        environment,
        updater,
        ..
    } in started.iter()
    {
        seen_replicas::load(data_dir, environment);
        let directory = data_dir.to_owned();
        environment_tasks.spawn(seen_replicas::follow(directory, environment.clone()));
        let failure = updater.failure();
        environment_tasks.spawn(async move {
            let error = failure.await;
            tracing::error!(%error, "the task that watches the flag files has ended; exiting");
        });
    }
    environment_tasks
}

/// Starts all environments.
fn start_environments(
    options: &StartOptions,
    paths: &BTreeMap<String, PathBuf>,
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
