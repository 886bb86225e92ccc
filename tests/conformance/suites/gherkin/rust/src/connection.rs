//! Connections. The SDK for Rust and the provider have no events.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use cucumber::given;
use cucumber::when;
use open_feature::OpenFeature;
use open_feature_flagd::FlagdOptions;
use open_feature_flagd::FlagdProvider;
use open_feature_flagd::ResolverType;

use crate::World;
use crate::configuration;
use crate::named;

/// Ports: without a listener, of an Envoy in front of the daemon, and of an Envoy that rejects all calls.
const NOBODY: u16 = 9999;
const ENVOY: &str = "9211";
const REFUSING: u16 = 9212;

/// The time until a provider that is not ready counts as failed.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Client(pub open_feature::Client);

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Client")
    }
}

/// Calls the launcher: start?config=NAME, restart?seconds=N or change.
async fn launcher(what: &str) {
    let answer = reqwest::Client::new()
        .post(format!("http://localhost:8080/{what}"))
        .send()
        .await
        .expect("the launcher");
    assert!(
        answer.status().is_success(),
        "the launcher returns {} for {what}",
        answer.status()
    );
}

#[given(
    regex = "^a (stable|ssl|socket|unavailable|forbidden|metadata|syncpayload) flagd provider$"
)]
async fn connect(world: &mut World, kind: String) {
    let config = match kind.as_str() {
        "ssl" | "metadata" | "socket" => kind.as_str(),
        "syncpayload" => "sync-payload",
        _ => "default",
    };
    launcher(&format!("start?config={config}")).await;
    for option in &mut world.options {
        option.text = option.text.replace("<port>", ENVOY);
    }
    let options =
        configuration::applied(connection(&kind, world), &world.options).expect("options");
    let making = tokio::time::timeout(PATIENCE, FlagdProvider::new(options));
    let provider = making.await.expect("in time").expect("a provider");
    let mut api = OpenFeature::singleton_mut().await;
    // Providers of named domains are never shut down, so the default provider is replaced.
    api.set_provider(provider).await;
    world.client = Some(Client(api.create_client()));
}

fn connection(kind: &str, world: &World) -> FlagdOptions {
    let launched = PathBuf::from(named("LAUNCHED"));
    let place = |name: &str| Some(launched.join(name).display().to_string());
    let mode = named("MODE");
    let (resolver_type, port, socket) = match mode.as_str() {
        "rpc" => (ResolverType::Rpc, 8013, "evaluation.sock"),
        "in-process" => (ResolverType::InProcess, 8015, "sync.sock"),
        _ => (ResolverType::File, NOBODY, "none"),
    };
    let mut options = FlagdOptions {
        resolver_type,
        port,
        deadline_ms: 5000,
        ..FlagdOptions::default()
    };
    match kind {
        "unavailable" => options.port = NOBODY,
        "forbidden" => options.port = REFUSING,
        "ssl" => (options.tls, options.cert_path) = (true, place("ssl/custom-root-cert.crt")),
        "socket" => options.socket_path = place(socket),
        _ => {}
    }
    if options.resolver_type == ResolverType::File {
        options.source_configuration = place(file(kind, world));
    }
    options
}

/// The flag file that a provider without a daemon reads.
fn file<'a>(kind: &str, world: &'a World) -> &'a str {
    let selector = world
        .options
        .iter()
        .find(|option| option.name == "selector");
    match selector {
        _ if kind == "unavailable" => "not-existing",
        Some(option) => &option.text,
        None => "flags/allFlags.json",
    }
}

#[when(regex = r"^the connection is lost for (\d+)s$")]
async fn lost(_: &mut World, seconds: u64) {
    launcher(&format!("restart?seconds={seconds}")).await;
}

#[when("the flag was modified")]
async fn modified(_: &mut World) {
    launcher("change").await;
}
