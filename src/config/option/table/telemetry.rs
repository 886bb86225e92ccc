//! Options of metrics, traces, logs and the debug endpoints.

use crate::config::option::spec::OptionSpec;
use crate::config::option::spec::boolean;
use crate::config::option::spec::with_default;

/// The options of this group, in the order of help.
pub static TELEMETRY: &[&OptionSpec] = &[
    &METRICS_EXPORTER,
    &OTEL_COLLECTOR_URI,
    &OTEL_CERT_PATH,
    &OTEL_KEY_PATH,
    &OTEL_CA_PATH,
    &OTEL_RELOAD_INTERVAL,
    &LOG_FORMAT,
    &DEBUG,
    &DEBUG_ENDPOINTS,
    &DEBUG_TOKEN_PATH,
    &REPLICA_ID,
];

/// `--metrics-exporter`
pub static METRICS_EXPORTER: OptionSpec = with_default(
    "metrics-exporter",
    Some('t'),
    "EXPORTER",
    "",
    "`otel` sends metrics to a collector as well",
);

/// `--otel-collector-uri`
pub static OTEL_COLLECTOR_URI: OptionSpec = with_default(
    "otel-collector-uri",
    Some('o'),
    "URI",
    "",
    "The collector of metrics and traces: HOST:PORT, or that after http:// or https://",
);

/// `--otel-cert-path`
pub static OTEL_CERT_PATH: OptionSpec = with_default(
    "otel-cert-path",
    Some('D'),
    "PATH",
    "",
    "The certificate to show to the collector",
);

/// `--otel-key-path`
pub static OTEL_KEY_PATH: OptionSpec =
    with_default("otel-key-path", Some('K'), "PATH", "", "Its key");

/// `--otel-ca-path`
pub static OTEL_CA_PATH: OptionSpec = with_default(
    "otel-ca-path",
    Some('A'),
    "PATH",
    "",
    "The authority to trust with the collector, instead of the system's",
);

/// `--otel-reload-interval`
pub static OTEL_RELOAD_INTERVAL: OptionSpec = with_default(
    "otel-reload-interval",
    Some('I'),
    "DURATION",
    "1h",
    "How often these files are read again",
);

/// `--log-format`
pub static LOG_FORMAT: OptionSpec = with_default(
    "log-format",
    Some('z'),
    "FORMAT",
    "console",
    "`console` or `json`, on standard error",
);

/// `--debug`
pub static DEBUG: OptionSpec = boolean("debug", Some('x'), "false", "Log more");

/// `--debug-endpoints`
pub static DEBUG_ENDPOINTS: OptionSpec = with_default(
    "debug-endpoints",
    None,
    "ACCESS",
    "off",
    "Who may ask /debug/flags and /debug/sources on the management port: `off`, `token` or `open`. Rules may name people",
);

/// `--debug-token-path`
pub static DEBUG_TOKEN_PATH: OptionSpec = with_default(
    "debug-token-path",
    None,
    "PATH",
    "",
    "The file with the token that `token` asks for; read for each request",
);

/// `--replica-id`
pub static REPLICA_ID: OptionSpec = with_default(
    "replica-id",
    None,
    "NAME",
    "",
    "What tells this replica apart in /debug: its targeting key where none is given; the host's name without it",
);
