//! Options that limit requests, connections and streams.

use crate::config::option::spec::OptionSpec;
use crate::config::option::spec::with_default;

/// The options of this group, in the order of help.
pub static LIMITS: &[&OptionSpec] = &[
    &MAX_REQUEST_BODY,
    &MAX_REQUEST_HEADER,
    &MAX_CONNECTIONS,
    &MAX_CONNECTIONS_PER_CLIENT,
    &MAX_STREAMS,
    &READ_TIMEOUT,
];

/// `--max-request-body`
pub static MAX_REQUEST_BODY: OptionSpec = with_default(
    "max-request-body",
    Some('B'),
    "BYTES",
    "1000000",
    "Maximum size of a request body; 0 for no limit",
);

/// `--max-request-header`
pub static MAX_REQUEST_HEADER: OptionSpec = with_default(
    "max-request-header",
    Some('R'),
    "BYTES",
    "1000000",
    "Maximum size of a request's header block; 0 for the default",
);

/// `--max-connections`
pub static MAX_CONNECTIONS: OptionSpec = with_default(
    "max-connections",
    None,
    "COUNT",
    "16384",
    "Maximum number of open connections per port; further connections wait",
);

/// `--max-connections-per-client`
pub static MAX_CONNECTIONS_PER_CLIENT: OptionSpec = with_default(
    "max-connections-per-client",
    None,
    "COUNT",
    "0",
    "Maximum number of open connections per port from one IP address; further connections are closed; 0 for no limit",
);

/// `--max-streams`
pub static MAX_STREAMS: OptionSpec = with_default(
    "max-streams",
    None,
    "COUNT",
    "16384",
    "Maximum number of open event and sync streams; further streams are refused",
);

/// `--read-timeout`
pub static READ_TIMEOUT: OptionSpec = with_default(
    "read-timeout",
    None,
    "DURATION",
    "5s",
    "Time limit for receiving a request's headers, and a separate limit of the same length for its body",
);
