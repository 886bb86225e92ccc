//! Servers in the test process.

pub mod prometheus;
pub mod certificates;
pub mod grpc_client;
pub mod http_client;
pub mod p521;
pub mod raw_http1;
pub mod raw_http2;
pub mod rpc;

use std::net::Ipv4Addr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use fanion::live::Live;
use fanion::serve;
use fanion::serve::Listeners;
use fanion::serve::ServeConfig;
use fanion::serve::listen::addr::ListenAddr;
use fanion::serve::listen::socket::Listener;
use fanion::serve::listen::tls::ReloadableTlsConfig;
use fanion::source;
use fanion::source::spec::SourceSpec;
use fanion::source::updater;
use fanion::source::updater::Updater;
use fanion::source::updater::loader::Loader;

use crate::support::temp_dir::TempDir;

/// A running server. Stops when dropped.
pub struct Server {
    pub live: Arc<Live>,
    pub port: u16,
    pub ofrep: u16,
    pub management: u16,
    pub sync: u16,
    pub shutdown: tokio::sync::watch::Sender<bool>,
    pub ended: tokio::task::JoinHandle<Result<(), serve::ServeError>>,
    _watch: Updater,
}

/// Serves the flag files at `path`.
pub async fn start(path: &Path) -> Server {
    start_with(path, ServeConfig::default()).await
}

pub async fn start_with(path: &Path, settings: ServeConfig) -> Server {
    start_on(path, settings, listeners(None).await).await
}

/// Serves the flag files at `path` on bound sockets.
pub async fn start_on(path: &Path, settings: ServeConfig, listeners: Listeners) -> Server {
    let live = Arc::new(Live::default());
    let specs = [SourceSpec::from_path(path)];
    let loader = Loader::new(&specs, &source::SourceConfig::default(), live.clone());
    start_all(loader, live, settings, listeners).await
}

/// Serves a file, with the evaluation port on a Unix socket beside it. Returns the path of the socket as well.
pub async fn start_on_unix_socket(flags: &Path, settings: ServeConfig) -> (Server, PathBuf) {
    let path = flags.with_file_name("e.sock");
    let mut listeners = listeners(None).await;
    let listener = Listener::bind(&ListenAddr::Unix(path.clone())).await;
    listeners.evaluation = listener.expect("a socket");
    (start_on(flags, settings, listeners).await, path)
}

/// Serves the flags of a loader.
pub async fn start_loader(loader: Loader, live: Arc<Live>, settings: ServeConfig) -> Server {
    start_all(loader, live, settings, listeners(None).await).await
}

async fn start_all(
    loader: Loader,
    live: Arc<Live>,
    settings: ServeConfig,
    listeners: Listeners,
) -> Server {
    let watch = updater::start(loader).expect("the sources can be followed");
    watch.initial_load().await.expect("an initial load");
    let port = |listener: &Listener| listener.port().unwrap_or(0);
    let (evaluation, sync) = (port(&listeners.evaluation), port(&listeners.sync));
    let (management, ofrep) = (port(&listeners.management), port(&listeners.ofrep));
    let (shutdown, down) = tokio::sync::watch::channel(false);
    let ended = tokio::spawn(serve::run(
        listeners,
        live.clone(),
        settings,
        std::future::ready(()),
        down,
    ));
    Server {
        live,
        port: evaluation,
        ofrep,
        management,
        sync,
        shutdown,
        ended,
        _watch: watch,
    }
}

/// Listeners on free ports.
pub async fn listeners(tls: Option<Arc<ReloadableTlsConfig>>) -> Listeners {
    let place = ListenAddr::Tcp(Some(Ipv4Addr::LOCALHOST.into()), 0);
    let local = || Listener::bind(&place);
    Listeners {
        evaluation: local().await.expect("a free port"),
        management: local().await.expect("a free port"),
        ofrep: local().await.expect("a free port"),
        sync: local().await.expect("a free port"),
        tls,
    }
}

/// Serves one document.
pub async fn serve_text(name: &str, text: &str) -> (Server, TempDir) {
    serve_with(name, text, ServeConfig::default()).await
}

/// Serves one document with these settings.
pub async fn serve_with(name: &str, text: &str, settings: ServeConfig) -> (Server, TempDir) {
    let dir = TempDir::new();
    let path = dir.path().join(name);
    std::fs::write(&path, text).expect("a file");
    (start_with(&path, settings).await, dir)
}
