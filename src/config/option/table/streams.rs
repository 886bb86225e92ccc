//! Options of event streams, sync streams and their keepalive.

use crate::config::option::spec::OptionSpec;
use crate::config::option::spec::boolean;
use crate::config::option::spec::with_default;

/// The options of this group, in the order of help.
pub static STREAMS: &[&OptionSpec] = &[
    &STREAM_DEADLINE,
    &OFREP_SSE_ENABLED,
    &OFREP_SSE_INACTIVITY_DELAY,
    &OFREP_SSE_PUBLIC_URL,
    &DISABLE_SYNC_METADATA,
    &KEEP_ALIVE_MIN_TIME,
    &KEEP_ALIVE_PERMIT_WITHOUT_STREAM,
];

/// `--stream-deadline`
pub static STREAM_DEADLINE: OptionSpec = with_default(
    "stream-deadline",
    None,
    "DURATION",
    "0",
    "Close event and sync streams after this time, for instance 10m; 0 for never",
);

/// `--ofrep-sse-enabled`
pub static OFREP_SSE_ENABLED: OptionSpec = boolean(
    "ofrep-sse-enabled",
    None,
    "true",
    "Serve OFREP's change stream and advertise it in bulk responses",
);

/// `--ofrep-sse-inactivity-delay`
pub static OFREP_SSE_INACTIVITY_DELAY: OptionSpec = with_default(
    "ofrep-sse-inactivity-delay",
    None,
    "SECONDS",
    "120",
    "Seconds after which an OFREP client in the background closes the stream",
);

/// `--ofrep-sse-public-url`
pub static OFREP_SSE_PUBLIC_URL: OptionSpec = with_default(
    "ofrep-sse-public-url",
    None,
    "ORIGIN",
    "",
    "Scheme, host and port at which OFREP clients reach the stream, if they differ from those of evaluation",
);

/// `--disable-sync-metadata`
pub static DISABLE_SYNC_METADATA: OptionSpec = boolean(
    "disable-sync-metadata",
    None,
    "false",
    "Do not serve GetMetadata on the sync port",
);

/// `--keep-alive-min-time`
pub static KEEP_ALIVE_MIN_TIME: OptionSpec = with_default(
    "keep-alive-min-time",
    None,
    "DURATION",
    "30s",
    "Minimum time between pings from a flag sync client; if a client pings more often, its connection is closed",
);

/// `--keep-alive-permit-without-stream`
pub static KEEP_ALIVE_PERMIT_WITHOUT_STREAM: OptionSpec = boolean(
    "keep-alive-permit-without-stream",
    None,
    "true",
    "Allow flag sync clients to ping without an open stream",
);
