//! What `fanion start` is asked to do: what was said, wherever it was said, and what that means.

pub mod csv;
pub mod duration;
mod exact;
pub mod file;
pub mod layers;
pub mod pairs;
pub mod print;
pub mod table;
mod toml;

use std::net::IpAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use ecow::EcoString;
use http::HeaderName;

use crate::config::file::File;
use crate::config::layers::Layers;
use crate::config::layers::Settled;
use crate::config::layers::Typed;
use crate::document::Faults;
use crate::limits;
use crate::rule::unit::Version;
use crate::serve::Settings;
use crate::serve::calm::Policy;
use crate::serve::cors::Origins;
use crate::serve::debug::Access;
use crate::serve::debug::Debugging;
use crate::serve::debug::Token;
use crate::serve::socket::Place;
use crate::serve::tls::Paths;
use crate::source;
use crate::source::Pace;
use crate::source::spec;
use crate::source::spec::Spec;
use crate::telemetry;
use crate::telemetry::LogFormat;
use crate::wire::extra::Extra;
use crate::wire::stream::Advert;

/// What the options mean.
#[derive(Debug)]
pub struct Config {
    /// The sources, the strongest last.
    pub sources: Vec<Spec>,
    /// How they are treated.
    pub source: source::Settings,
    /// Where evaluation is served.
    pub evaluation: Place,
    /// Where probes and metrics are served.
    pub management: Place,
    /// Where flag sync is served.
    pub sync: Place,
    /// Where OFREP is served.
    pub ofrep: Place,
    /// Certificates, if TLS is spoken.
    pub tls: Option<Paths>,
    /// How requests are served.
    pub serve: Settings,
    /// Where metrics and traces are sent.
    pub telemetry: telemetry::settings::Settings,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// Whether to log more.
    pub debug: bool,
    /// Whether to print the configuration and end.
    pub print: bool,
    /// What each option came to.
    pub settled: Vec<Settled>,
}

/// Resolves the options: arguments, then the environment, then the configuration file, then defaults.
///
/// # Errors
/// All mistakes, a sentence each.
pub fn resolve(typed: Typed, env: impl Fn(&str) -> Option<String>) -> Result<Config, Vec<String>> {
    let mut layers = layers(typed, env);
    let mut config = read(&mut layers);
    if !layers.mistakes.is_empty() {
        return Err(layers.mistakes);
    }
    config.settled = layers.settled;
    Ok(config)
}

/// Where a sidecar with the same environment and file serves probes.
#[derive(Debug)]
pub struct Management {
    /// Of this address only.
    pub address: Option<IpAddr>,
    /// On this port.
    pub port: u16,
    /// What is wrong with the configuration file, a sentence each.
    pub doubts: Vec<String>,
}

/// Finds out where probes are served.
///
/// # Errors
/// All mistakes, a sentence each, if one of them is about that.
pub fn management(
    typed: Typed,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Management, Vec<String>> {
    let mut layers = layers(typed, env);
    let doubts = std::mem::take(&mut layers.mistakes);
    let (address, port) = (address(&mut layers), layers.port("management-port"));
    if port == 0 && layers.mistakes.is_empty() {
        let mistake = "invalid value \"0\" for --management-port: must be a port from 1 to 65535";
        layers.mistakes.push(mistake.to_owned());
    }
    if !layers.mistakes.is_empty() {
        return Err([layers.mistakes, doubts].concat());
    }
    Ok(Management {
        address,
        port,
        doubts,
    })
}

fn layers<E: Fn(&str) -> Option<String>>(typed: Typed, env: E) -> Layers<E> {
    let mut layers = Layers {
        typed,
        env,
        file: File::default(),
        mistakes: Vec::new(),
        settled: Vec::new(),
    };
    if let Some(path) = path(&mut layers) {
        let (file, mistakes) = File::read(&path);
        layers.file = file;
        layers.mistakes.extend(mistakes);
    }
    layers
}

/// The configuration file: the one that is named, or else the one in the home directory, as flagd has it.
fn path<E: Fn(&str) -> Option<String>>(layers: &mut Layers<E>) -> Option<PathBuf> {
    if let Some(path) = layers.optional("config") {
        return Some(path.into());
    }
    let home = (layers.env)("HOME").filter(|home| !home.is_empty())?;
    let path = Path::new(&home).join(".agent.yaml");
    path.is_file().then_some(path)
}

fn read<E: Fn(&str) -> Option<String>>(layers: &mut Layers<E>) -> Config {
    let address = address(layers);
    let port = |layers: &mut Layers<E>, name| Place::Port(address, layers.port(name));
    let evaluation = port(layers, "port");
    let sync = port(layers, "sync-port");
    Config {
        sources: sources(layers),
        source: source::Settings {
            faults: if layers.switch("strict") {
                Faults::Refuse
            } else {
                Faults::Contain
            },
            state_dir: layers.optional("state-dir").map(Into::into),
            fail_fast: layers.switch("fail-fast"),
            fractional: layers.one("fractional", "must be v2 or v3", |text| match text {
                "v2" => Some(Version::V2),
                "v3" => Some(Version::V3),
                _ => None,
            }),
            pace: Pace::default(),
        },
        evaluation: socket(layers, "socket-path").unwrap_or(evaluation),
        management: port(layers, "management-port"),
        sync: socket(layers, "sync-socket-path").unwrap_or(sync),
        ofrep: port(layers, "ofrep-port"),
        tls: tls(layers),
        serve: settings(layers),
        telemetry: telemetry(layers),
        log_format: layers.one("log-format", "must be console or json", |text| match text {
            "console" => Some(LogFormat::Console),
            "json" => Some(LogFormat::Json),
            _ => None,
        }),
        debug: layers.switch("debug"),
        print: layers.switch("print-config"),
        settled: Vec::new(),
    }
}

fn settings<E: Fn(&str) -> Option<String>>(layers: &mut Layers<E>) -> Settings {
    let max_header = match layers.number("max-request-header", "bytes") {
        0 => limits::REQUEST_HEADER,
        bytes => bytes,
    };
    Settings {
        max_body: layers.number("max-request-body", "bytes"),
        max_header,
        max_connections: layers.number("max-connections", "connections").max(1),
        max_streams: layers.number("max-streams", "streams"),
        read_timeout: layers.wait("read-timeout"),
        extra: Extra {
            values: layers.pairs("context-value"),
            headers: headers(layers),
        },
        stream_deadline: layers.duration("stream-deadline"),
        sync_metadata: !layers.switch("disable-sync-metadata"),
        require_selector: layers.switch("require-selector"),
        changes: changes(layers),
        cors: Origins::of(&layers.many("cors-origin")),
        pings: Policy {
            min_time: layers.duration("keep-alive-min-time"),
            without_stream: layers.switch("keep-alive-permit-without-stream"),
        },
        debugging: debugging(layers),
        grace: limits::SHUTDOWN_GRACE,
        keep_alive: limits::KEEP_ALIVE,
        metrics: Arc::default(),
        traces: None,
    }
}

/// Who may ask the replica about itself, and what it is called. Its sources are known only once they are opened.
fn debugging<E: Fn(&str) -> Option<String>>(layers: &mut Layers<E>) -> Debugging {
    let path = layers.optional("debug-token-path").map(PathBuf::from);
    let want = "must be off, token or open";
    let said = layers.one("debug-endpoints", want, |text| {
        let known = matches!(text, "off" | "token" | "open");
        known.then(|| text.to_owned())
    });
    let access = match (said.as_str(), path) {
        ("open", _) => Access::Open,
        ("token", Some(path)) => {
            if let Err(why) = Token::read(&path) {
                let mistake = format!(
                    "cannot use {} for --debug-token-path: {why}",
                    path.display()
                );
                layers.mistakes.push(mistake);
            }
            Access::Token(path)
        }
        ("token", None) => {
            let mistake = "--debug-endpoints=token needs --debug-token-path, a file with the token";
            layers.mistakes.push(mistake.to_owned());
            Access::Off
        }
        _ => Access::Off,
    };
    let replica = layers
        .optional("replica-id")
        .or_else(|| (layers.env)("HOSTNAME"));
    let replica = replica
        .filter(|name| !name.is_empty())
        .unwrap_or_else(hostname);
    Debugging {
        access,
        replica: replica.into(),
        // The rest is the sources' to say.
        ..Debugging::default()
    }
}

/// What the system calls this machine; in a pod, the pod.
fn hostname() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

fn changes<E: Fn(&str) -> Option<String>>(layers: &mut Layers<E>) -> Option<Advert> {
    let enabled = layers.switch("ofrep-sse-enabled");
    let want = "must be a number of seconds, at least 1";
    let inactivity = layers.one("ofrep-sse-inactivity-delay", want, |text| {
        text.parse().ok().filter(|seconds| *seconds > 0)
    });
    let want = "must be an origin such as https://flags.example.com";
    let origin = layers.one("ofrep-sse-public-url", want, |text| {
        if text.is_empty() {
            return Some(None);
        }
        let origin = text.strip_suffix('/').unwrap_or(text);
        let uri: http::Uri = origin.parse().ok()?;
        let bare = uri.query().is_none() && uri.path() == "/";
        (bare && uri.scheme().is_some()).then(|| Some(origin.to_owned()))
    });
    enabled.then_some(Advert { origin, inactivity })
}

fn sources<E: Fn(&str) -> Option<String>>(layers: &mut Layers<E>) -> Vec<Spec> {
    let before = layers.mistakes.len();
    let (mut sources, mut shown) = (Vec::new(), Vec::new());
    for text in layers.many("uri") {
        match Spec::from_uri(&text) {
            Ok(spec) => {
                // A URL may hold a password.
                let http = matches!(spec.kind, spec::Kind::Http(_));
                shown.push(layers::quoted(if http { &spec.label } else { &text }));
                sources.push(spec);
            }
            Err(mistake) => layers.mistakes.push(mistake),
        }
    }
    layers.show("uri", layers::array(shown.into_iter()));
    sources.extend(layers.list("sources", spec::from_node, spec::list, Spec::redacted));
    if sources.is_empty() && layers.mistakes.len() == before {
        let mistake = "no sync implementation set: say where the flags are with --uri file:PATH";
        layers.mistakes.push(mistake.to_owned());
    }
    sources
}

fn telemetry<E: Fn(&str) -> Option<String>>(
    layers: &mut Layers<E>,
) -> telemetry::settings::Settings {
    let typed = telemetry::settings::Typed {
        exporter: layers.optional("metrics-exporter"),
        collector: layers.optional("otel-collector-uri"),
        certificate: layers.optional("otel-cert-path").map(Into::into),
        key: layers.optional("otel-key-path").map(Into::into),
        authority: layers.optional("otel-ca-path").map(Into::into),
        reload: Some(layers.duration("otel-reload-interval")).filter(|every| !every.is_zero()),
    };
    let settings = telemetry::settings::Settings::resolve(&typed, &layers.env);
    settings.unwrap_or_else(|mistakes| {
        layers.mistakes.extend(mistakes);
        telemetry::settings::Settings::default()
    })
}

fn address<E: Fn(&str) -> Option<String>>(layers: &mut Layers<E>) -> Option<IpAddr> {
    layers.one(
        "bind-address",
        "must be an IP address such as 127.0.0.1 or ::1",
        |text| {
            if text.is_empty() {
                return Some(None);
            }
            text.parse().ok().map(Some)
        },
    )
}

fn socket<E: Fn(&str) -> Option<String>>(layers: &mut Layers<E>, name: &str) -> Option<Place> {
    layers.optional(name).map(|path| Place::Socket(path.into()))
}

fn tls<E: Fn(&str) -> Option<String>>(layers: &mut Layers<E>) -> Option<Paths> {
    let certificate = layers.optional("server-cert-path");
    let key = layers.optional("server-key-path");
    let client_ca: Option<PathBuf> = layers.optional("client-ca-path").map(Into::into);
    let lonely = match (certificate, key) {
        (Some(certificate), Some(key)) => {
            let (certificate, key) = (certificate.into(), key.into());
            return Some(Paths {
                certificate,
                key,
                client_ca,
            });
        }
        (Some(_), None) => "--server-cert-path is given without --server-key-path",
        (None, Some(_)) => "--server-key-path is given without --server-cert-path",
        (None, None) if client_ca.is_some() => {
            "--client-ca-path is given without --server-cert-path and --server-key-path"
        }
        (None, None) => return None,
    };
    layers
        .mistakes
        .push(format!("{lonely}: TLS needs a certificate and its key"));
    None
}

fn headers<E: Fn(&str) -> Option<String>>(layers: &mut Layers<E>) -> Vec<(HeaderName, EcoString)> {
    let mut headers = Vec::new();
    for (header, key) in layers.pairs("context-from-header") {
        match HeaderName::from_bytes(header.as_bytes()) {
            Ok(name) => headers.push((name, key)),
            Err(_) => layers.mistakes.push(format!(
                "invalid value {header:?} for --context-from-header: must be the name of a header"
            )),
        }
    }
    headers
}
