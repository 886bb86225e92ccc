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
    "`otel` sends metrics to a collector, in addition to /metrics",
);

/// `--otel-collector-uri`
pub static OTEL_COLLECTOR_URI: OptionSpec = with_default(
    "otel-collector-uri",
    Some('o'),
    "URI",
    "",
    "OTLP collector of metrics and traces: HOST:PORT, http://HOST:PORT or https://HOST:PORT",
);

/// `--otel-cert-path`
pub static OTEL_CERT_PATH: OptionSpec = with_default(
    "otel-cert-path",
    Some('D'),
    "PATH",
    "",
    "Client certificate for the collector in PEM",
);

/// `--otel-key-path`
pub static OTEL_KEY_PATH: OptionSpec = with_default(
    "otel-key-path",
    Some('K'),
    "PATH",
    "",
    "Private key of the client certificate in PEM",
);

/// `--otel-ca-path`
pub static OTEL_CA_PATH: OptionSpec = with_default(
    "otel-ca-path",
    Some('A'),
    "PATH",
    "",
    "Certificate authorities for the collector in PEM, instead of the system's",
);

/// `--otel-reload-interval`
pub static OTEL_RELOAD_INTERVAL: OptionSpec = with_default(
    "otel-reload-interval",
    Some('I'),
    "DURATION",
    "1h",
    "Interval at which the certificate files for the collector are reloaded",
);

/// `--log-format`
pub static LOG_FORMAT: OptionSpec = with_default(
    "log-format",
    Some('z'),
    "FORMAT",
    "console",
    "Format of the log on standard error: `console` or `json`",
);

/// `--debug`
pub static DEBUG: OptionSpec = boolean("debug", Some('x'), "false", "Log at debug level");

/// `--debug-endpoints`
pub static DEBUG_ENDPOINTS: OptionSpec = with_default(
    "debug-endpoints",
    None,
    "ACCESS",
    "off",
    "Access to /debug/flags and /debug/sources on the management port: `off`, `token` or `open`. Their \
         responses contain rules, which may contain personal data",
);

/// `--debug-token-path`
pub static DEBUG_TOKEN_PATH: OptionSpec = with_default(
    "debug-token-path",
    None,
    "PATH",
    "",
    "File with the bearer token for --debug-endpoints=token; read for each request",
);

/// `--replica-id`
pub static REPLICA_ID: OptionSpec = with_default(
    "replica-id",
    None,
    "NAME",
    "",
    "Name of this replica in responses of the debug endpoints, and the targeting key of requests to them that have none [default: the host name]",
);
