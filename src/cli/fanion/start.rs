//! `fanion start`.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::watch;

use crate::cli::fanion;
use crate::config;
use crate::config::Config;
use crate::config::option_resolver::CliOptions;
use crate::limits;
use crate::live::Live;
use crate::metric::Metrics;
use crate::serve;
use crate::serve::Listeners;
use crate::serve::ServeConfig;
use crate::serve::admin::debug::DebugConfig;
use crate::serve::listen::socket::ListenAddr;
use crate::serve::listen::socket::Listener;
use crate::serve::listen::tls::ReloadableTlsConfig;
use crate::source;
use crate::source::metrics;
use crate::source::updater::loader::Loader;
use crate::telemetry;

/// Runs the sidecar until it is told to go.
///
/// # Errors
/// Every mistake in the options, or what keeps the process from starting.
pub fn run(typed: CliOptions) -> Result<(), Vec<String>> {
    let config = config::resolve(typed, |name| std::env::var(name).ok())?;
    if config.print_config {
        return fanion::write_stdout(
            config::print_config::render_yaml(&config.resolved_options).as_bytes(),
        );
    }
    telemetry::init_logging(config.log_format, config.debug_logging);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| vec![format!("cannot start: {error}")])?;
    runtime
        .block_on(serve(config))
        .map_err(|mistake| vec![mistake])
}

async fn serve(config: Config) -> Result<(), String> {
    let tls = config
        .tls_files
        .map(ReloadableTlsConfig::load)
        .transpose()?;
    let listeners = Listeners {
        evaluation: bind("evaluation", &config.evaluation_addr).await?,
        management: bind("management", &config.management_addr).await?,
        ofrep: bind("ofrep", &config.ofrep_addr).await?,
        sync: bind("sync", &config.sync_addr).await?,
        tls: tls.map(Arc::new),
    };
    let live = Arc::new(Live::default());
    let fractional = config.source_config.fractional_version;
    let loader = Loader::new(&config.sources, &config.source_config, live.clone());
    let (shut, shutdown) = watch::channel(false);
    // Before the files are read: a signal must not be lost meanwhile.
    let stop =
        termination_signal().map_err(|error| format!("cannot listen for signals: {error}"))?;
    let metrics = Arc::new(Metrics::new(config.telemetry_config.resource.clone()));
    let sending = telemetry::start_exporters(config.telemetry_config, &metrics, &live, &shutdown);
    let statuses = loader.statuses();
    let settings = ServeConfig {
        debug: DebugConfig {
            statuses,
            fractional_version: fractional,
            ..config.serve_config.debug
        },
        metrics: metrics.clone(),
        traces: sending.request_tracer.clone(),
        ..config.serve_config
    };
    let watch =
        source::updater::start(loader).map_err(|error| format!("cannot watch files: {error}"))?;
    let statuses = watch.statuses.clone();
    metrics.register(move || metrics::families(&statuses, SystemTime::now()));
    let loaded = watch.initial_load();
    let failed = watch.initial_load();
    let servers = tokio::spawn(async move {
        let loaded = async { drop(loaded.await) };
        serve::run(listeners, live, settings, loaded, shutdown).await;
        drop(watch);
    });
    let outcome = tokio::select! {
        () = stop => Ok(()),
        Err(mistake) = failed => Err(mistake),
    };
    tracing::info!("shutting down");
    let _ = shut.send(true);
    let _ = servers.await;
    sending.flush(limits::SHUTDOWN_GRACE).await;
    tracing::info!("stopped");
    outcome
}

async fn bind(name: &str, place: &ListenAddr) -> Result<Listener, String> {
    let listener = Listener::bind(place).await;
    let listener = listener.map_err(|error| format!("cannot listen on {name} {place}: {error}"))?;
    let port = listener.port();
    tracing::info!(name, port, at = %place, "listening");
    Ok(listener)
}

/// Completes on SIGTERM or SIGINT.
fn termination_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
