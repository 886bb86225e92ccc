//! `fanion start`: binds the ports, starts the update thread and the servers, and exits when a part of them fails.

mod credentials;
mod service_manager;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinError;
use tokio::task::JoinHandle;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::cli::fanion::register_metrics;
use crate::cli::fanion::start::service_manager::ServiceManager;
use crate::cli::fanion::start::service_manager::SupervisedThreads;
use crate::cli::heap_release;
use crate::cli::heap_release::ReleaseHeap;
use crate::cli::output::stdout;
use crate::cli::termination_signal::termination_signal;
use crate::cli::worker_runtime;
use crate::config;
use crate::config::Config;
use crate::config::fractional;
use crate::config::option::resolver::CliOptions;
use crate::config::print_config;
use crate::limits;
use crate::live::Live;
use crate::metric::registry::Metrics;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::serve;
use crate::serve::Listeners;
use crate::serve::ServeConfig;
use crate::serve::admin::debug::DebugConfig;
use crate::serve::listen::addr::ListenAddr;
use crate::serve::listen::connection_slots;
use crate::serve::listen::socket::Listener;
use crate::source;
use crate::source::updater::InitialLoadError;
use crate::source::updater::UpdateThreadError;
use crate::source::updater::Updater;
use crate::source::updater::loader::Loader;
use crate::telemetry;
use crate::telemetry::exporters::Exporters;
use crate::telemetry::log_queue::LogQueue;

/// Runs the sidecar until SIGTERM or SIGINT.
///
/// # Errors
/// All mistakes in the options, or the reason why the process cannot start or continue.
pub fn run(typed: CliOptions, release_heap: ReleaseHeap) -> Result<(), Vec<String>> {
    let config = config::resolve(typed, |name| std::env::var(name).ok())?;
    if config.print_config {
        return stdout::write_or_message(
            print_config::render_yaml(&config.resolved_options).as_bytes(),
        );
    }
    let log = telemetry::logging::init_logging(config.log_format, config.debug_logging)
        .map_err(|error| vec![format!("cannot start the log: {error}")])?;
    log_start(&config);
    log_fractional_version(config.source_config.fractional_version);
    check_descriptor_limit().map_err(|mistake| vec![mistake])?;
    let workers = worker_runtime::build(None).map_err(|mistake| vec![mistake])?;
    // This thread handles signals, probes and the shutdown, however long the workers take for a request.
    let mut control = tokio::runtime::Builder::new_current_thread();
    let control = control.enable_all().build();
    let control = control.map_err(|error| vec![format!("cannot start a runtime: {error}")])?;
    let outcome = control.block_on(serve(config, workers.handle().clone(), release_heap, &log));
    // A blocked worker or resolver must not keep the process alive.
    control.shutdown_background();
    workers.shutdown_timeout(limits::WORKER_END_TIMEOUT);
    if let Err(mistake) = &outcome {
        // Standard error may block: the log writes the message, and the caller gets none to print.
        log.push(format!("error: {mistake}\n").as_bytes());
    }
    log.flush(limits::LOG_DRAIN_TIMEOUT);
    outcome.map_err(|_| Vec::new())
}

async fn serve(
    mut config: Config,
    workers: Handle,
    release_heap: ReleaseHeap,
    log: &LogQueue,
) -> Result<(), String> {
    let listeners = bind_all(&mut config, &workers).await?;
    let live = Arc::new(Live::default());
    let loader = Loader::new(&config.sources, &config.source_config, live.clone());
    let activities = loader.activities();
    let unsaved = loader.unsaved_documents();
    let (shut, shutdown) = watch::channel(false);
    // Registered before the files are read, so that no signal is lost meanwhile.
    let stop = termination_signal().map_err(|error| format!("cannot handle signals: {error}"))?;
    let metrics = Arc::new(Metrics::new(config.telemetry_config.resource.clone()));
    let fractional_version = config.source_config.fractional_version;
    let (exporters, updater) = {
        let _on_workers = workers.enter();
        let telemetry = config.telemetry_config;
        let exporters =
            telemetry::exporters::start_exporters(telemetry, &metrics, &live, &shutdown);
        (exporters, source::updater::start(loader))
    };
    let updater = updater.map_err(|error| format!("cannot start the update thread: {error}"))?;
    register_metrics::sources(&metrics, &updater);
    register_metrics::threads(&metrics, log.clone(), activities.clone(), unsaved);
    credentials::register(&metrics, &activities, &listeners, &config.serve_config);
    let worker_liveness = register_metrics::workers(&metrics, &workers);
    let serve_config = ServeConfig {
        metrics: metrics.clone(),
        traces: exporters.request_tracer.clone(),
        workers: Some(workers),
        worker_liveness: Some(worker_liveness),
        activities,
        ..with_update_status(config.serve_config, fractional_version, &updater)
    };
    let total_grace = serve_config.grace + limits::PROBE_EXTRA_GRACE + limits::EXIT_EXTRA_GRACE;
    let mut housekeeping = JoinSet::new();
    let ended = serve_config.ended_connections.clone();
    let (delay, generation) = (heap_release::DELAY, live.subscribe());
    housekeeping.spawn(heap_release::run(release_heap, delay, ended, generation));
    notify_service_manager(&mut housekeeping, &serve_config, &updater, &shutdown);
    let (loaded, initial_load) = (updater.initial_load(), updater.initial_load());
    let mut servers = spawn_servers(listeners, live, serve_config, loaded, shutdown);
    let failure: Option<String> = tokio::select! {
        biased;
        signal = stop => log_signal(signal),
        error = updater.failure() => Some(update_thread_failure(&error)),
        Err(error) = initial_load => Some(initial_load_failure(&error)),
        ended = &mut servers => Some(log_failure(&servers_failure(ended))),
    };
    let _ = shut.send(true);
    let end = Instant::now() + shutdown_time(failure.is_some(), total_grace);
    if !servers.is_finished() {
        let _ = tokio::time::timeout_at(end - limits::STATE_DRAIN_TIMEOUT, servers).await;
    }
    finish(updater, exporters, end).await;
    failure.map_or(Ok(()), Err)
}

/// Starts the servers, which wait for the initial load.
#[expect(
    clippy::disallowed_methods,
    reason = "the caller keeps the handle and awaits it"
)]
fn spawn_servers(
    listeners: Listeners,
    live: Arc<Live>,
    config: ServeConfig,
    loaded: impl Future<Output = Result<(), InitialLoadError>> + Send + 'static,
    shutdown: watch::Receiver<bool>,
) -> JoinHandle<Result<(), String>> {
    tokio::spawn(async move {
        let loaded = async { drop(loaded.await) };
        let served = serve::run(listeners, live, config, loaded, shutdown).await;
        served.map_err(|error| error.to_string())
    })
}

/// Starts the notifications of the service manager, if one has started this process.
fn notify_service_manager(
    tasks: &mut JoinSet<()>,
    config: &ServeConfig,
    updater: &Updater,
    shutdown: &watch::Receiver<bool>,
) {
    let manager = ServiceManager::from_env(|name| std::env::var(name).ok());
    let (Some(manager), Some(workers)) = (manager, config.worker_liveness.clone()) else {
        return;
    };
    let threads = SupervisedThreads {
        workers,
        updater: updater.liveness(),
    };
    let initial_load = tokio::time::timeout(limits::INITIAL_LOAD_TIMEOUT, updater.initial_load());
    let loaded = async {
        if let Ok(Err(_)) = initial_load.await {
            // The process is about to end, and was never ready.
            std::future::pending::<()>().await;
        }
    };
    tasks.spawn(service_manager::run(
        manager,
        threads,
        loaded,
        shutdown.clone(),
    ));
}

/// Ends the update thread, which stores documents, and the exporters: at the same time, since servers whose workers are
/// blocked leave little of it.
async fn finish(updater: Updater, exporters: Exporters, end: Instant) {
    let spare = (end - Instant::now()).saturating_sub(limits::STATE_DRAIN_TIMEOUT);
    updater
        .announce_departure(spare.min(limits::LEAVE_TIMEOUT))
        .await;
    let stored = updater.stop(limits::STATE_DRAIN_TIMEOUT);
    tokio::join!(stored, exporters.flush(end - Instant::now()));
    tracing::info!("stopped");
}

/// Raises the limit of open files, and checks that it leaves enough connections.
fn check_descriptor_limit() -> Result<(), String> {
    let files = connection_slots::raise_descriptor_limit();
    let connections = connection_slots::max_connections(files);
    if connections < limits::MIN_CONNECTIONS {
        let least = limits::RESERVED_FILE_DESCRIPTORS + limits::MIN_CONNECTIONS as u64;
        return Err(format!(
            "the limit of open files is {files}: at least {least} are needed (`ulimit -n`)"
        ));
    }
    if connections < limits::FEW_CONNECTIONS {
        tracing::warn!(
            files,
            connections,
            "the limit of open files leaves only {connections} connections; raise it (`ulimit -n`)"
        );
    }
    Ok(())
}

/// The time that the shutdown may take.
fn shutdown_time(has_failed: bool, total_grace: Duration) -> Duration {
    if has_failed {
        tracing::info!("shutting down after a failure");
        limits::FAILURE_GRACE
    } else {
        total_grace
    }
}

/// Logs the version, the sources, and the options that differ from their defaults, without secrets.
fn log_start(config: &Config) {
    let version = env!("CARGO_PKG_VERSION");
    let sources = config.sources.iter();
    let sources: Vec<String> = sources
        .map(|source| format!("{} ({})", source.redacted_name, source.kind.as_str()))
        .collect();
    let sources = sources.join(", ");
    let options = print_config::render_changed(&config.resolved_options);
    tracing::info!(version, sources, options, "fanion {version} starts");
}

/// Logs the signal that ends the process. It is not a failure.
fn log_signal(signal: &'static str) -> Option<String> {
    tracing::info!(signal, "received {signal}; shutting down");
    None
}

/// Logs the bucketing of `fractional`: other evaluators must use the same one for equal answers.
fn log_fractional_version(version: FractionalVersion) {
    let (name, agreement) = (fractional::name(version), fractional::agreement(version));
    tracing::info!(
        fractional = name,
        "fractional bucketing: {name} ({agreement})"
    );
}

/// Adds the state of the sources and of the update thread, for probes and debug endpoints.
fn with_update_status(
    config: ServeConfig,
    fractional_version: FractionalVersion,
    updater: &Updater,
) -> ServeConfig {
    ServeConfig {
        debug: DebugConfig {
            statuses: updater.statuses.clone(),
            fractional_version,
            ..config.debug
        },
        update_thread: Some(updater.liveness()),
        ..config
    }
}

/// Binds the ports, and loads the certificates and the bearer tokens.
async fn bind_all(config: &mut Config, workers: &Handle) -> Result<Listeners, String> {
    config.serve_config.tokens = credentials::load_tokens(&config.token_paths).await?;
    let tls = config.tls_files.take();
    let tls = match tls {
        Some(paths) => Some(credentials::load_tls(paths).await?),
        None => None,
    };
    let control = Handle::current();
    Ok(Listeners {
        evaluation: bind("evaluation", &config.evaluation_addr, workers).await?,
        management: bind("management", &config.management_addr, &control).await?,
        ofrep: bind("ofrep", &config.ofrep_addr, workers).await?,
        sync: bind("sync", &config.sync_addr, workers).await?,
        tls: tls.map(Arc::new),
    })
}

/// Logs what failed, and returns it.
fn log_failure(failure: &str) -> String {
    tracing::error!("{failure}");
    failure.to_owned()
}

/// Returns the reason why the initial load failed. The update thread has logged the errors of sources.
fn initial_load_failure(error: &InitialLoadError) -> String {
    match error {
        InitialLoadError::NoFlags(_) => error.to_string(),
        InitialLoadError::UpdateThread(error) => update_thread_failure(error),
    }
}

/// Logs why the update thread ended, and returns it.
fn update_thread_failure(error: &UpdateThreadError) -> String {
    log_failure(&format!("{error}; flags can no longer change, exiting"))
}

/// Returns the reason why the servers ended without a shutdown.
fn servers_failure(ended: Result<Result<(), String>, JoinError>) -> String {
    let why = match ended {
        Ok(Ok(())) => "they returned without an error".to_owned(),
        Ok(Err(why)) => why,
        Err(error) => error.to_string(),
    };
    format!("the servers ended unexpectedly: {why}; exiting")
}

/// Binds a port on the runtime that serves it.
async fn bind(name: &str, addr: &ListenAddr, runtime: &Handle) -> Result<Listener, String> {
    let requested = addr.clone();
    let bound = runtime.spawn(async move { Listener::bind(&requested).await });
    let listener = bound.await.unwrap_or_else(|ended| Err(ended.into()));
    let listener = listener.map_err(|error| format!("cannot listen on {name} {addr}: {error}"))?;
    let port = listener.port();
    tracing::info!(name, port, at = %addr, "listening");
    Ok(listener)
}
