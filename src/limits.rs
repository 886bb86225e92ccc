//! Constants: all bounds on memory, time and work that input may cause.
//!
//! Limits that an operator may change are options of `fanion start`; these are their defaults.

use std::time::Duration;

/// The largest request body, in bytes, as flagd's `--max-request-body`.
pub const REQUEST_BODY: usize = 1_000_000;
/// The largest header block of a request, in bytes, as flagd's `--max-request-header`.
pub const REQUEST_HEADER: usize = 1_000_000;
/// The most header fields of an HTTP/1.1 request. Memory for all of them is reserved for each request.
pub const HTTP1_HEADERS: usize = 1024;
/// The largest head, in bytes, of an HTTP/1.1 request on the fast path without hyper. It is parsed from its start for
/// each chunk that arrives.
pub const FAST_PATH_HEAD: usize = 8 * 1024;
/// The largest body, in bytes, of such a request.
pub const FAST_PATH_BODY: usize = 64 * 1024;
/// The timeout for receiving a request's head, and again for its body.
pub const READ_TIMEOUT: Duration = Duration::from_secs(5);
/// The response bytes that one HTTP/2 connection may hold unsent; its next requests wait until the client has read some.
pub const UNSENT_BYTES: usize = 256 * 1024;
/// How long a client may accept no byte of a response that is ready, before its connection is closed.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a request body may take on the HTTP/1.1 fast path before hyper waits for the rest of it.
pub const FAST_PATH_BODY_WAIT: Duration = Duration::from_millis(100);
/// How long the requests of one connection may run before the tasks of other connections get the thread.
pub const REQUEST_TIME_SLICE: Duration = Duration::from_millis(1);
/// How long a closed connection is still read, so that the kernel does not discard the last response.
pub const LINGER: Duration = Duration::from_millis(500);
/// How long a port is kept after shutdown begins, for the handshakes of clients that are just connecting.
pub const HANDSHAKE_WAIT: Duration = Duration::from_millis(20);
/// How long an HTTP/1.1 connection is kept after shutdown begins, for a request that the client is just sending.
pub const DRAIN_WAIT: Duration = Duration::from_millis(500);
/// The largest request for health or reflection, in bytes; such requests hold only names.
pub const BUILTIN_SERVICE_REQUEST: usize = 16 * 1024;
/// Concurrent requests to the debug endpoints; further ones are refused.
pub const DEBUG_REQUESTS: usize = 4;
/// The largest body of a request to the debug endpoints, in bytes.
pub const DEBUG_REQUEST: usize = 64 * 1024;
/// Open connections per port, unless the limit of file descriptors is lower; further ones wait to be accepted.
pub const CONNECTIONS: usize = 16_384;
/// Open streams of events and flags, over all connections; further ones are refused.
pub const EVENT_STREAMS: usize = 16_384;
/// The least time between two pings of a client of flag sync, as flagd's `--keep-alive-min-time`.
pub const PING_MIN_TIME: Duration = Duration::from_secs(30);
/// File descriptors reserved for flag files and everything else that is not a connection.
pub const RESERVED_FILE_DESCRIPTORS: u64 = 64;
/// The least number of connections that the limit of file descriptors must leave.
pub const MIN_CONNECTIONS: usize = 8;
/// The number of connections below which the limit of file descriptors is reported at the start.
pub const FEW_CONNECTIONS: usize = 192;
/// The most connections reserved for probes and metrics.
pub const PROBE_CONNECTIONS: usize = 256;
/// How long evaluation waits for the initial load.
pub const INITIAL_LOAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a probe or a scrape waits for the update thread to respond.
pub const LIVENESS_TIMEOUT: Duration = Duration::from_secs(2);
/// The duration after which an operation that has not finished counts as stalled, such as a read of a flag file.
pub const STALL_TIMEOUT: Duration = Duration::from_secs(3);
/// The largest queue of log lines, in bytes; further lines are dropped and counted.
pub const LOG_QUEUE: usize = 1024 * 1024;
/// How long the end of the process waits for the last log lines.
pub const LOG_DRAIN_TIMEOUT: Duration = Duration::from_millis(80);
/// How long the start of the process waits for certificates, and for bearer tokens.
pub const CREDENTIALS_LOAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The stack of the threads that parse documents, in bytes: several times of what the deepest document needs.
pub const PARSER_STACK: usize = 8 * 1024 * 1024;
/// How long the update thread waits for file sources, so that files that change together are published together.
/// Slower sources are published when they are read.
pub const SCAN_WAIT: Duration = Duration::from_millis(100);
/// The same for the initial load.
pub const INITIAL_SCAN_WAIT: Duration = Duration::from_secs(1);
/// How far in the future a time may be that counts as the present: clocks are adjusted in small steps.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(2);
/// How long the initial load waits for the state directory.
pub const STATE_READ_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the end of the process waits for documents that are not in the state directory yet.
pub const STATE_DRAIN_TIMEOUT: Duration = Duration::from_millis(200);
/// The most paths with file events between two scans; beyond them all files are read.
pub const CHANGED_PATHS: usize = 4096;
/// The most diagnostics of one document that are logged at once.
pub const LOGGED_DIAGNOSTICS: usize = 100;
/// The most bytes of a text from a document in a log line.
pub const LOGGED_TEXT: usize = 1024;
/// How long before a certificate expires the log warns about it.
pub const CERTIFICATE_WARNING: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long the servers may take to end after a part of the process failed.
pub const FAILURE_GRACE: Duration = Duration::from_secs(1);
/// How long the kernel waits for a peer to acknowledge bytes. Without a limit it sends them again for about 15 minutes.
/// Longer than [`WRITE_TIMEOUT`], which counts and logs clients that are alive.
pub const TCP_USER_TIMEOUT: Duration = Duration::from_secs(60);
/// The idle time before the first TCP keepalive probe, as in Go.
pub const TCP_KEEPALIVE: Duration = Duration::from_secs(15);
/// Concurrent calls on one HTTP/2 connection, as in Go's HTTP/2 server.
pub const STREAMS_PER_CONNECTION: u32 = 250;
/// How long a shutdown waits for calls in flight.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);
/// The extra time after [`SHUTDOWN_GRACE`] for the connections of probes.
pub const PROBE_EXTRA_GRACE: Duration = Duration::from_millis(100);
/// The extra time after that for the last documents, metrics and spans.
pub const EXIT_EXTRA_GRACE: Duration = Duration::from_millis(250);
/// How long the end of the process waits for workers, which may be blocked.
pub const WORKER_END_TIMEOUT: Duration = Duration::from_millis(20);
/// The idle time after which an event stream sends a keep-alive.
pub const EVENT_STREAM_KEEP_ALIVE: Duration = Duration::from_secs(20);
/// The number of seconds in the background after which an OFREP client should close its change stream, as in the
/// protocol.
pub const INACTIVITY_DELAY_SECONDS: u64 = 120;
/// The most bytes read from a refused connection: unread input makes the kernel send RST, which can lose the response.
pub const DRAIN_MAX: u64 = 64 * 1024;
/// The smallest response, in bytes, that is compressed.
pub const COMPRESSION_MIN_BYTES: usize = 1024;

/// The longest selector, in bytes.
pub const SELECTOR_BYTES: usize = 1024;

/// The largest configuration file, in bytes.
pub const CONFIG_FILE: u64 = 16 * 1024 * 1024;
/// The largest file with certificates or a key, in bytes.
pub const PEM_FILE: u64 = 16 * 1024 * 1024;
/// The largest file with bearer tokens, in bytes.
pub const TOKEN_FILE: u64 = 64 * 1024;
/// The most bearer tokens of a port: a request's token is compared with all of them.
pub const BEARER_TOKENS: usize = 100;
/// The largest source file that is searched for flags, in bytes: larger ones are usually generated.
pub const SCANNED_SOURCE_FILE: u64 = 4 * 1024 * 1024;
/// The largest flag document, in bytes.
pub const DOCUMENT: u64 = 64 * 1024 * 1024;
/// The timeout of a request for a document and its response, unless the source sets one.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// How many redirects a request for a document follows, as Go does.
pub const REDIRECTS: usize = 10;
/// The largest list of a Kubernetes source, and the largest event of its watch, in bytes. etcd limits a resource to 1.5 MiB;
/// its JSON and its metadata take more.
pub const KUBERNETES_OBJECT: usize = 16 * 1024 * 1024;
/// The largest response of the Kubernetes API that holds an error or a list of versions, in bytes.
pub const KUBERNETES_STATUS: usize = 64 * 1024;
/// The longest delay after a failure of a Kubernetes source, as in client-go.
pub const KUBERNETES_MAX_BACKOFF: Duration = Duration::from_secs(30);
/// How often a Kubernetes source reads its resource again although the watch reported no change.
pub const WATCH_RESYNC_INTERVAL: Duration = Duration::from_secs(30 * 60);
/// The timeout of a request to the metadata service of a cloud, which no packet reaches outside of that cloud.
pub const METADATA_TIMEOUT: Duration = Duration::from_secs(2);
/// The largest response of a token endpoint, in bytes.
pub const TOKEN_RESPONSE: u64 = 64 * 1024;
/// The largest message of a sync stream, in bytes, unless the source sets it; as in gRPC.
pub const SYNC_MESSAGE: usize = 4 * 1024 * 1024;
/// The longest text of a replica, in bytes: its id, name, version, or a key or value of its labels.
pub const REPLICA_TEXT: usize = 256;
/// The most labels of a replica.
pub const REPLICA_LABELS: usize = 16;
/// The longest reason of a refused revision, in bytes.
pub const REFUSAL_REASON: usize = 1024;
/// The largest receipt, in bytes.
pub const RECEIPT: usize = 16 * 1024;
/// The most receipts that wait to be sent; beyond them the oldest is dropped.
pub const PENDING_RECEIPTS: usize = 16;
/// How long the end of the process waits until control planes know that it leaves.
pub const LEAVE_TIMEOUT: Duration = Duration::from_millis(200);
/// The deepest nesting in a document, in a rule after its references are resolved, and in a context.
pub const NESTING_DEPTH: usize = 100;
/// The longest chain of evaluators that refer to each other.
pub const REFERENCE_CHAIN: usize = 32;
/// The most values in one document, aliases and references expanded.
pub const DOCUMENT_VALUES: usize = 8_000_000;
/// The most candidates for a suggestion.
pub const SUGGESTION_CANDIDATES: usize = 10_000;
/// The number of values that aliases and references may add per node of a document, if that exceeds
/// [`EXPANSION_ALLOWANCE`]. A value takes about 100 bytes, in the compiled rule and in the JSON of flag sync.
pub const EXPANSION_FACTOR: usize = 4;
/// The number of values that aliases and references may add in any document.
pub const EXPANSION_ALLOWANCE: usize = 100_000;
/// The number of values that prerequisites may add to the rules of all flags.
pub const PREREQUISITE_VALUES: usize = 1_000_000;

/// The most work of one evaluation that grows with its context, in steps. A step is about 10 ns of work, or 4 bytes of
/// memory.
pub const EVALUATION_STEPS: u32 = 1_000_000;
/// The most work of that kind in one bulk evaluation, over all flags.
pub const BULK_STEPS: u32 = 10_000_000;
/// The most work of that kind to compute one constant when a flag loads; above it, evaluations compute the constant.
pub const CONSTANT_FOLDING_STEPS: u32 = 10_000;
/// The most values in the lists and maps of a request's context that are decoded.
pub const CONTEXT_VALUES: usize = 100_000;
/// The most distinct context attributes that one flag may read.
pub const ATTRIBUTE_SLOTS: usize = 4096;
/// The most variants of one flag.
pub const VARIANTS: usize = 65_535;

/// The largest response of a telemetry collector, in bytes.
pub const COLLECTOR_RESPONSE: usize = 64 * 1024;
/// The most series of a flag metric, as in OpenTelemetry; further ones share one series.
pub const LABEL_SETS: usize = 2000;
/// The most flag sync clients with their own metric series.
pub const LABEL_VALUES: usize = 100;
/// The longest label value from a client, in bytes.
pub const LABEL_BYTES: usize = 128;

/// The most cases that the analysis of one flag distinguishes; beyond them the result is unknown.
pub const ANALYSIS_CASES: usize = 20_000;
/// The most cases for each flag in a lint run.
pub const LINT_CASES: usize = 4000;
/// The most evaluations of a comparison for one flag in a lint run.
pub const LINT_COMPARISONS: usize = 50_000;
/// The most unreachable branches of one flag that are reported individually.
pub const LINT_BRANCH_DIAGNOSTICS: usize = 4;
/// The most cells in the diff of one flag.
pub const DIFF_CELLS: usize = 1000;
/// The most candidate values that the analysis tries for one attribute.
pub const CANDIDATE_VALUES: usize = 20_000;
