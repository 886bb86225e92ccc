//! Resolves the options of the servers: limits, context, CORS, keepalive, debug endpoints and TLS files.

use std::path::PathBuf;
use std::sync::Arc;

use ecow::EcoString;
use http::HeaderName;

use crate::config::option::resolver::OptionResolver;
use crate::config::option::table;
use crate::limits;
use crate::metric::thread_activity::ThreadActivities;
use crate::serve::ServeConfig;
use crate::serve::admin::debug::DebugAccess;
use crate::serve::admin::debug::DebugConfig;
use crate::serve::connection::ping_enforcement::PingPolicy;
use crate::serve::http::auth::bearer_token::BearerToken;
use crate::serve::http::auth::token_file::PortTokens;
use crate::serve::http::cors::AllowedOrigins;
use crate::serve::listen::tls::TlsPaths;
use crate::wire::context::enrichment::ContextEnrichment;
use crate::wire::ofrep::sse_events::StreamEndpoint;

/// The token files of the ports that require a token.
#[derive(Debug, Default)]
pub struct TokenPaths {
    /// Of the evaluation port.
    pub evaluation: Option<PathBuf>,
    /// Of the OFREP port.
    pub ofrep: Option<PathBuf>,
    /// Of the flag sync port.
    pub sync: Option<PathBuf>,
}

/// Returns the configuration of the servers.
pub fn serve_config<E: Fn(&str) -> Option<String>>(options: &mut OptionResolver<E>) -> ServeConfig {
    let max_header = match options.integer(&table::limits::MAX_REQUEST_HEADER, "bytes") {
        0 => limits::REQUEST_HEADER,
        bytes => bytes,
    };
    ServeConfig {
        max_body: options.integer(&table::limits::MAX_REQUEST_BODY, "bytes"),
        max_header,
        max_connections: options
            .integer(&table::limits::MAX_CONNECTIONS, "connections")
            .max(1),
        max_connections_per_client: options
            .integer(&table::limits::MAX_CONNECTIONS_PER_CLIENT, "connections"),
        max_streams: options.integer(&table::limits::MAX_STREAMS, "streams"),
        read_timeout: options.nonzero_duration(&table::limits::READ_TIMEOUT),
        write_timeout: limits::WRITE_TIMEOUT,
        added_context: ContextEnrichment {
            static_values: options.key_values(&table::evaluation::CONTEXT_VALUE),
            header_mappings: context_headers(options),
        },
        stream_deadline: options.duration(&table::streams::STREAM_DEADLINE),
        sync_metadata: !options.boolean(&table::streams::DISABLE_SYNC_METADATA),
        require_selector: options.boolean(&table::evaluation::REQUIRE_SELECTOR),
        change_stream: ofrep_stream_endpoint(options),
        cors: AllowedOrigins::from_names(&options.strings(&table::evaluation::CORS_ORIGIN)),
        ping_policy: PingPolicy {
            min_time: options.duration(&table::streams::KEEP_ALIVE_MIN_TIME),
            permit_without_stream: options
                .boolean(&table::streams::KEEP_ALIVE_PERMIT_WITHOUT_STREAM),
        },
        debug: debug_config(options),
        // Read at startup, on a thread that may block.
        tokens: PortTokens::default(),
        grace: limits::SHUTDOWN_GRACE,
        keep_alive_interval: limits::EVENT_STREAM_KEEP_ALIVE,
        ended_connections: Arc::default(),
        workers: None,
        metrics: Arc::default(),
        traces: None,
        update_thread: None,
        worker_liveness: None,
        activities: ThreadActivities::default(),
    }
}

/// Returns the access to the debug endpoints and the name of the replica.
fn debug_config<E: Fn(&str) -> Option<String>>(options: &mut OptionResolver<E>) -> DebugConfig {
    let path = options
        .optional_string(&table::telemetry::DEBUG_TOKEN_PATH)
        .map(PathBuf::from);
    let want = "must be off, token or open";
    let said = options.parsed(&table::telemetry::DEBUG_ENDPOINTS, want, |text| {
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
            let mistake =
                "--debug-endpoints=token requires --debug-token-path, a file with the token";
            options.errors.push(mistake.to_owned());
            DebugAccess::Off
        }
        _ => DebugAccess::Off,
    };
    let replica = options
        .optional_string(&table::telemetry::REPLICA_ID)
        .or_else(|| (options.env)("HOSTNAME"));
    let replica = replica
        .filter(|name| !name.is_empty())
        .unwrap_or_else(hostname);
    DebugConfig {
        access,
        replica: replica.into(),
        // Set at startup: the statuses of the sources, and the version of `fractional`.
        ..DebugConfig::default()
    }
}

/// Returns the host name; in a pod, the name of the pod.
fn hostname() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

fn ofrep_stream_endpoint<E: Fn(&str) -> Option<String>>(
    options: &mut OptionResolver<E>,
) -> Option<StreamEndpoint> {
    let enabled = options.boolean(&table::streams::OFREP_SSE_ENABLED);
    let want = "must be a number of seconds, at least 1";
    let inactivity = options.parsed(&table::streams::OFREP_SSE_INACTIVITY_DELAY, want, |text| {
        text.parse().ok().filter(|seconds| *seconds > 0)
    });
    let want = "must be an origin such as https://flags.example.com";
    let origin = options.parsed(&table::streams::OFREP_SSE_PUBLIC_URL, want, |text| {
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

/// Returns the certificate and its key, if TLS is configured.
pub fn tls_files<E: Fn(&str) -> Option<String>>(
    options: &mut OptionResolver<E>,
) -> Option<TlsPaths> {
    let certificate = options.optional_string(&table::tls::SERVER_CERT_PATH);
    let key = options.optional_string(&table::tls::SERVER_KEY_PATH);
    let client_ca: Option<PathBuf> = options
        .optional_string(&table::tls::CLIENT_CA_PATH)
        .map(Into::into);
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

/// Returns the token files of the ports.
pub fn token_paths<E: Fn(&str) -> Option<String>>(options: &mut OptionResolver<E>) -> TokenPaths {
    let mut path = |option| options.optional_string(option).map(PathBuf::from);
    TokenPaths {
        evaluation: path(&table::authentication::EVALUATION_TOKEN_PATH),
        ofrep: path(&table::authentication::OFREP_TOKEN_PATH),
        sync: path(&table::authentication::SYNC_TOKEN_PATH),
    }
}

fn context_headers<E: Fn(&str) -> Option<String>>(
    options: &mut OptionResolver<E>,
) -> Vec<(HeaderName, EcoString)> {
    let mut headers = Vec::new();
    for (header, key) in options.key_values(&table::evaluation::CONTEXT_FROM_HEADER) {
        match HeaderName::from_bytes(header.as_bytes()) {
            Ok(name) => headers.push((name, key)),
            Err(_) => options.errors.push(format!(
                "invalid value {header:?} for --context-from-header: must be a header name"
            )),
        }
    }
    headers
}
