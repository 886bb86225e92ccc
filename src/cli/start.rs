//! `fanion start`.

pub mod options;

use std::sync::Arc;
use std::time::SystemTime;

use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::watch;

use crate::cli::sidecar;
use crate::config;
use crate::config::Config;
use crate::config::layers::Typed;
use crate::limits;
use crate::live::Live;
use crate::metric::Metrics;
use crate::serve;
use crate::serve::Listeners;
use crate::serve::Settings;
use crate::serve::debug::Debugging;
use crate::serve::socket::Listener;
use crate::serve::socket::Place;
use crate::serve::tls::Tls;
use crate::source;
use crate::source::loader::Loader;
use crate::source::report;
use crate::telemetry;

/// Runs the sidecar until it is told to go.
///
/// # Errors
/// Every mistake in the options, or what keeps the process from starting.
pub fn run(typed: Typed) -> Result<(), Vec<String>> {
    let config = config::resolve(typed, |name| std::env::var(name).ok())?;
    if config.print {
        return sidecar::print(config::print::render(&config.settled).as_bytes());
    }
    telemetry::start(config.log_format, config.debug);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| vec![format!("cannot start: {error}")])?;
    runtime
        .block_on(serve(config))
        .map_err(|mistake| vec![mistake])
}

async fn serve(config: Config) -> Result<(), String> {
    let tls = config.tls.map(Tls::load).transpose()?;
    let listeners = Listeners {
        evaluation: bind("evaluation", &config.evaluation).await?,
        management: bind("management", &config.management).await?,
        ofrep: bind("ofrep", &config.ofrep).await?,
        sync: bind("sync", &config.sync).await?,
        tls: tls.map(Arc::new),
    };
    let live = Arc::new(Live::default());
    let fractional = config.source.fractional;
    let loader = Loader::new(&config.sources, &config.source, live.clone());
    let (shut, shutdown) = watch::channel(false);
    // Before the files are read: a signal must not be lost meanwhile.
    let stop = stop_signal().map_err(|error| format!("cannot listen for signals: {error}"))?;
    let metrics = Arc::new(Metrics::new(config.telemetry.resource.clone()));
    let sending = telemetry::send(config.telemetry, &metrics, &live, &shutdown);
    let statuses = loader.statuses();
    let settings = Settings {
        debugging: Debugging {
            statuses,
            fractional,
            ..config.serve.debugging
        },
        metrics: metrics.clone(),
        traces: sending.traces.clone(),
        ..config.serve
    };
    let watch =
        source::watch::start(loader).map_err(|error| format!("cannot watch files: {error}"))?;
    let statuses = watch.statuses.clone();
    metrics.add(move || report::families(&statuses, SystemTime::now()));
    let loaded = watch.first_look();
    let failed = watch.first_look();
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
    sending.finish(limits::SHUTDOWN_GRACE).await;
    tracing::info!("stopped");
    outcome
}

async fn bind(name: &str, place: &Place) -> Result<Listener, String> {
    let listener = Listener::bind(place).await;
    let listener = listener.map_err(|error| format!("cannot listen on {name} {place}: {error}"))?;
    let port = listener.port();
    tracing::info!(name, port, at = %place, "listening");
    Ok(listener)
}

/// Completes on SIGTERM or SIGINT.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
