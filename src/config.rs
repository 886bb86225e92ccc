//! What `fanion start` is asked to do: what was said, wherever it was said, and what that means.

pub mod csv;
pub mod go_duration;
mod number_precision;
pub mod file;
pub mod option_resolver;
pub mod key_value;
pub mod print_config;
pub mod option_table;
mod toml;

use std::net::IpAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use ecow::EcoString;
use http::HeaderName;

use crate::config::file::ConfigFile;
use crate::config::option_resolver::CliOptions;
use crate::config::option_resolver::OptionResolver;
use crate::config::option_resolver::ResolvedOption;
use crate::document::FaultPolicy;
use crate::limits;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::serve::ServeConfig;
use crate::serve::admin::debug::BearerToken;
use crate::serve::admin::debug::DebugAccess;
use crate::serve::admin::debug::DebugConfig;
use crate::serve::connection::ping_enforcement::PingPolicy;
use crate::serve::http::cors::AllowedOrigins;
use crate::serve::listen::socket::ListenAddr;
use crate::serve::listen::tls::TlsPaths;
use crate::source;
use crate::source::Timing;
use crate::source::spec;
use crate::source::spec::SourceSpec;
use crate::telemetry;
use crate::telemetry::LogFormat;
use crate::wire::context::enrichment::ContextEnrichment;
use crate::wire::ofrep::sse_events::StreamEndpoint;

/// What the options mean.
#[derive(Debug)]
pub struct Config {
    /// The sources, the strongest last.
    pub sources: Vec<SourceSpec>,
    /// How they are treated.
    pub source_config: source::SourceConfig,
    /// Where evaluation is served.
    pub evaluation_addr: ListenAddr,
    /// Where probes and metrics are served.
    pub management_addr: ListenAddr,
    /// Where flag sync is served.
    pub sync_addr: ListenAddr,
    /// Where OFREP is served.
    pub ofrep_addr: ListenAddr,
    /// Certificates, if TLS is spoken.
    pub tls_files: Option<TlsPaths>,
    /// How requests are served.
    pub serve_config: ServeConfig,
    /// Where metrics and traces are sent.
    pub telemetry_config: telemetry::config::TelemetryConfig,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// Whether to log more.
    pub debug_logging: bool,
    /// Whether to print the configuration and end.
    pub print_config: bool,
    /// What each option came to.
    pub resolved_options: Vec<ResolvedOption>,
}

/// Resolves the options: arguments, then the environment, then the configuration file, then defaults.
///
/// # Errors
/// All mistakes, a sentence each.
pub fn resolve(
    cli_options: CliOptions,
    env: impl Fn(&str) -> Option<String>,
) -> Result<Config, Vec<String>> {
    let mut options = new_resolver(cli_options, env);
    let mut config = build_config(&mut options);
    if !options.errors.is_empty() {
        return Err(options.errors);
    }
    config.resolved_options = options.resolved;
    Ok(config)
}

/// Where a sidecar with the same environment and file serves probes.
#[derive(Debug)]
pub struct ManagementEndpoint {
    /// Of this address only.
    pub address: Option<IpAddr>,
    /// On this port.
    pub port: u16,
    /// What is wrong with the configuration file, a sentence each.
    pub warnings: Vec<String>,
}

/// Finds out where probes are served.
///
/// # Errors
/// All mistakes, a sentence each, if one of them is about that.
pub fn resolve_management_endpoint(
    cli_options: CliOptions,
    env: impl Fn(&str) -> Option<String>,
) -> Result<ManagementEndpoint, Vec<String>> {
    let mut options = new_resolver(cli_options, env);
    let warnings = std::mem::take(&mut options.errors);
    let (address, port) = (bind_address(&mut options), options.port("management-port"));
    if port == 0 && options.errors.is_empty() {
        let mistake = "invalid value \"0\" for --management-port: must be a port from 1 to 65535";
        options.errors.push(mistake.to_owned());
    }
    if !options.errors.is_empty() {
        return Err([options.errors, warnings].concat());
    }
    Ok(ManagementEndpoint {
        address,
        port,
        warnings,
    })
}

fn new_resolver<E: Fn(&str) -> Option<String>>(
    cli_options: CliOptions,
    env: E,
) -> OptionResolver<E> {
    let mut options = OptionResolver {
        cli_options,
        env,
        config_file: ConfigFile::default(),
        errors: Vec::new(),
        resolved: Vec::new(),
    };
    if let Some(path) = config_file_path(&mut options) {
        let (file, mistakes) = ConfigFile::read(&path);
        options.config_file = file;
        options.errors.extend(mistakes);
    }
    options
}

/// The configuration file: the one that is named, or else the one in the home directory, as flagd has it.
fn config_file_path<E: Fn(&str) -> Option<String>>(
    options: &mut OptionResolver<E>,
) -> Option<PathBuf> {
    if let Some(path) = options.optional_string("config") {
        return Some(path.into());
    }
    let home = (options.env)("HOME").filter(|home| !home.is_empty())?;
    let path = Path::new(&home).join(".agent.yaml");
    path.is_file().then_some(path)
}

fn build_config<E: Fn(&str) -> Option<String>>(options: &mut OptionResolver<E>) -> Config {
    let address = bind_address(options);
    let port = |options: &mut OptionResolver<E>, name| ListenAddr::Tcp(address, options.port(name));
    let evaluation = port(options, "port");
    let sync = port(options, "sync-port");
    Config {
        sources: sources(options),
        source_config: source::SourceConfig {
            faults: if options.boolean("strict") {
                FaultPolicy::RejectDocument
            } else {
                FaultPolicy::IsolateFlag
            },
            state_dir: options.optional_string("state-dir").map(Into::into),
            fail_fast: options.boolean("fail-fast"),
            fractional_version: options.parsed(
                "fractional",
                "must be v2 or v3",
                |text| match text {
                    "v2" => Some(FractionalVersion::V2),
                    "v3" => Some(FractionalVersion::V3),
                    _ => None,
                },
            ),
            timing: Timing::default(),
        },
        evaluation_addr: unix_socket(options, "socket-path").unwrap_or(evaluation),
        management_addr: port(options, "management-port"),
        sync_addr: unix_socket(options, "sync-socket-path").unwrap_or(sync),
        ofrep_addr: port(options, "ofrep-port"),
        tls_files: tls_files(options),
        serve_config: serve_config(options),
        telemetry_config: telemetry_config(options),
        log_format: options.parsed("log-format", "must be console or json", |text| match text {
            "console" => Some(LogFormat::Console),
            "json" => Some(LogFormat::Json),
            _ => None,
        }),
        debug_logging: options.boolean("debug"),
        print_config: options.boolean("print-config"),
        resolved_options: Vec::new(),
    }
}

fn serve_config<E: Fn(&str) -> Option<String>>(options: &mut OptionResolver<E>) -> ServeConfig {
    let max_header = match options.integer("max-request-header", "bytes") {
        0 => limits::REQUEST_HEADER,
        bytes => bytes,
    };
    ServeConfig {
        max_body: options.integer("max-request-body", "bytes"),
        max_header,
        max_connections: options.integer("max-connections", "connections").max(1),
        max_streams: options.integer("max-streams", "streams"),
        read_timeout: options.nonzero_duration("read-timeout"),
        added_context: ContextEnrichment {
            static_values: options.key_values("context-value"),
            header_mappings: context_headers(options),
        },
        stream_deadline: options.duration("stream-deadline"),
        sync_metadata: !options.boolean("disable-sync-metadata"),
        require_selector: options.boolean("require-selector"),
        change_stream: ofrep_stream_endpoint(options),
        cors: AllowedOrigins::from_names(&options.strings("cors-origin")),
        ping_policy: PingPolicy {
            min_time: options.duration("keep-alive-min-time"),
            permit_without_stream: options.boolean("keep-alive-permit-without-stream"),
        },
        debug: debug_config(options),
        grace: limits::SHUTDOWN_GRACE,
        keep_alive_interval: limits::EVENT_STREAM_KEEP_ALIVE,
        metrics: Arc::default(),
        traces: None,
    }
}

/// Who may ask the replica about itself, and what it is called. Its sources are known only once they are opened.
fn debug_config<E: Fn(&str) -> Option<String>>(options: &mut OptionResolver<E>) -> DebugConfig {
    let path = options
        .optional_string("debug-token-path")
        .map(PathBuf::from);
    let want = "must be off, token or open";
    let said = options.parsed("debug-endpoints", want, |text| {
        let known = matches!(text, "off" | "token" | "open");
        known.then(|| text.to_owned())
    });
    let access = match (said.as_str(), path) {
        ("open", _) => DebugAccess::Open,
        ("token", Some(path)) => {
            if let Err(why) = BearerToken::read(&path) {
                let mistake = format!(
                    "cannot use {} for --debug-token-path: {why}",
                    path.display()
                );
                options.errors.push(mistake);
            }
            DebugAccess::BearerTokenFile(path)
        }
        ("token", None) => {
            let mistake = "--debug-endpoints=token needs --debug-token-path, a file with the token";
            options.errors.push(mistake.to_owned());
            DebugAccess::Off
        }
        _ => DebugAccess::Off,
    };
    let replica = options
        .optional_string("replica-id")
        .or_else(|| (options.env)("HOSTNAME"));
    let replica = replica
        .filter(|name| !name.is_empty())
        .unwrap_or_else(hostname);
    DebugConfig {
        access,
        replica: replica.into(),
        // The rest is the sources' to say.
        ..DebugConfig::default()
    }
}

/// What the system calls this machine; in a pod, the pod.
fn hostname() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

fn ofrep_stream_endpoint<E: Fn(&str) -> Option<String>>(
    options: &mut OptionResolver<E>,
) -> Option<StreamEndpoint> {
    let enabled = options.boolean("ofrep-sse-enabled");
    let want = "must be a number of seconds, at least 1";
    let inactivity = options.parsed("ofrep-sse-inactivity-delay", want, |text| {
        text.parse().ok().filter(|seconds| *seconds > 0)
    });
    let want = "must be an origin such as https://flags.example.com";
    let origin = options.parsed("ofrep-sse-public-url", want, |text| {
        if text.is_empty() {
            return Some(None);
        }
        let origin = text.strip_suffix('/').unwrap_or(text);
        let uri: http::Uri = origin.parse().ok()?;
        let bare = uri.query().is_none() && uri.path() == "/";
        (bare && uri.scheme().is_some()).then(|| Some(origin.to_owned()))
    });
    enabled.then_some(StreamEndpoint {
        origin,
        inactivity_delay_secs: inactivity,
    })
}

fn sources<E: Fn(&str) -> Option<String>>(options: &mut OptionResolver<E>) -> Vec<SourceSpec> {
    let before = options.errors.len();
    let (mut sources, mut shown) = (Vec::new(), Vec::new());
    for text in options.strings("uri") {
        match SourceSpec::from_uri(&text) {
            Ok(spec) => {
                // A URL may hold a password.
                let http = matches!(spec.kind, spec::SourceKind::Http(_));
                shown.push(option_resolver::json_string(if http {
                    &spec.redacted_name
                } else {
                    &text
                }));
                sources.push(spec);
            }
            Err(mistake) => options.errors.push(mistake),
        }
    }
    options.redact("uri", option_resolver::json_array(shown.into_iter()));
    sources.extend(options.list(
        "sources",
        spec::list_from_node,
        spec::parse_list,
        SourceSpec::to_redacted_json,
    ));
    if sources.is_empty() && options.errors.len() == before {
        let mistake = "no sync implementation set: say where the flags are with --uri file:PATH";
        options.errors.push(mistake.to_owned());
    }
    sources
}

fn telemetry_config<E: Fn(&str) -> Option<String>>(
    options: &mut OptionResolver<E>,
) -> telemetry::config::TelemetryConfig {
    let typed = telemetry::config::OtelOptions {
        metrics_exporter: options.optional_string("metrics-exporter"),
        collector_uri: options.optional_string("otel-collector-uri"),
        cert_path: options.optional_string("otel-cert-path").map(Into::into),
        key_path: options.optional_string("otel-key-path").map(Into::into),
        ca_path: options.optional_string("otel-ca-path").map(Into::into),
        reload_interval: Some(options.duration("otel-reload-interval"))
            .filter(|every| !every.is_zero()),
    };
    let settings = telemetry::config::TelemetryConfig::resolve(&typed, &options.env);
    settings.unwrap_or_else(|mistakes| {
        options.errors.extend(mistakes);
        telemetry::config::TelemetryConfig::default()
    })
}

fn bind_address<E: Fn(&str) -> Option<String>>(options: &mut OptionResolver<E>) -> Option<IpAddr> {
    options.parsed(
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

fn unix_socket<E: Fn(&str) -> Option<String>>(
    options: &mut OptionResolver<E>,
    name: &str,
) -> Option<ListenAddr> {
    options
        .optional_string(name)
        .map(|path| ListenAddr::Unix(path.into()))
}

fn tls_files<E: Fn(&str) -> Option<String>>(options: &mut OptionResolver<E>) -> Option<TlsPaths> {
    let certificate = options.optional_string("server-cert-path");
    let key = options.optional_string("server-key-path");
    let client_ca: Option<PathBuf> = options.optional_string("client-ca-path").map(Into::into);
    let lonely = match (certificate, key) {
        (Some(certificate), Some(key)) => {
            let (certificate, key) = (certificate.into(), key.into());
            return Some(TlsPaths {
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
    options
        .errors
        .push(format!("{lonely}: TLS needs a certificate and its key"));
    None
}

fn context_headers<E: Fn(&str) -> Option<String>>(
    options: &mut OptionResolver<E>,
) -> Vec<(HeaderName, EcoString)> {
    let mut headers = Vec::new();
    for (header, key) in options.key_values("context-from-header") {
        match HeaderName::from_bytes(header.as_bytes()) {
            Ok(name) => headers.push((name, key)),
            Err(_) => options.errors.push(format!(
                "invalid value {header:?} for --context-from-header: must be the name of a header"
            )),
        }
    }
    headers
}
