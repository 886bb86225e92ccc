//! `fanion start`.

mod duration;
mod options;

use std::sync::Arc;

use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::watch;

use crate::cli::start::options::Config;
pub use crate::cli::start::options::Options;
use crate::limits;
use crate::live::Live;
use crate::metric::Metrics;
use crate::serve;
use crate::serve::Listeners;
use crate::serve::Settings;
use crate::source;
use crate::source::loader::Loader;
use crate::telemetry;

/// Runs the sidecar until it is told to go.
///
/// # Errors
/// Every mistake in the options, or what keeps the process from starting.
pub fn run(options: Options) -> Result<(), Vec<String>> {
    let config = options.resolve(|name| std::env::var(name).ok())?;
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
    let evaluation = bind("evaluation", config.port).await?;
    let management = bind("management", config.management_port).await?;
    let ofrep = bind("ofrep", config.ofrep_port).await?;
    let sync = bind("sync", config.sync_port).await?;
    let live = Arc::new(Live::default());
    let loader = Loader::new(&config.uris, config.faults, live.clone());
    let (shut, shutdown) = watch::channel(false);
    // Before the files are read: a signal must not be lost meanwhile.
    let stop = stop_signal().map_err(|error| format!("cannot listen for signals: {error}"))?;
    let metrics = Arc::new(Metrics::new(config.telemetry.resource.clone()));
    let sending = telemetry::send(config.telemetry, &metrics, &live, &shutdown);
    let settings = Settings {
        max_body: config.max_body,
        max_header: config.max_header,
        extra: config.extra,
        stream_deadline: config.stream_deadline,
        sync_metadata: config.sync_metadata,
        grace: limits::SHUTDOWN_GRACE,
        keep_alive: limits::KEEP_ALIVE,
        metrics: metrics.clone(),
        traces: sending.traces.clone(),
    };
    let listeners = Listeners {
        evaluation,
        management,
        ofrep,
        sync,
    };
    let mut watch =
        source::watch::start(loader).map_err(|error| format!("cannot watch files: {error}"))?;
    let servers = tokio::spawn(async move {
        serve::run(listeners, live, settings, watch.first_look(), shutdown).await;
    });
    stop.await;
    tracing::info!("shutting down");
    let _ = shut.send(true);
    let _ = servers.await;
    sending.finish(limits::SHUTDOWN_GRACE).await;
    tracing::info!("stopped");
    Ok(())
}

async fn bind(name: &str, port: u16) -> Result<tokio::net::TcpListener, String> {
    let listener = serve::bind(port).await;
    let listener =
        listener.map_err(|error| format!("cannot listen on {name} port {port}: {error}"))?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!(name, port = address.port(), "listening");
    }
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
