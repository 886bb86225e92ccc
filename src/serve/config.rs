//! Configuration of the servers: `ServeConfig` and its defaults.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::limits;
use crate::metric::registry::Metrics;
use crate::metric::thread_activity::ThreadActivities;
use crate::serve::admin::debug::config::DebugConfig;
use crate::serve::admin::worker_liveness::WorkerLiveness;
use crate::serve::connection::ping_enforcement::PingPolicy;
use crate::serve::http::auth::token_file::PortTokens;
use crate::serve::http::cors::AllowedOrigins;
use crate::serve::listen::ended_connections::EndedConnections;
use crate::source::updater::liveness::Liveness;
use crate::telemetry::trace::RequestTracer;
use crate::wire::context::enrichment::ContextEnrichment;
use crate::wire::ofrep::sse_events::StreamEndpoint;

/// The configuration of the servers.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// The largest request body, in bytes; 0 means no limit.
    pub max_body: usize,
    /// The largest header block, in bytes.
    pub max_header: usize,
    /// The maximum number of open connections per port.
    pub max_connections: usize,
    /// The maximum number of open connections per port from one address; 0 means no limit.
    pub max_connections_per_client: usize,
    /// The maximum number of open streams on all ports; 0 means no limit.
    pub max_streams: usize,
    /// The timeout of a request's head, and separately of its body.
    pub read_timeout: Duration,
    /// How long a client may accept no byte of a response.
    pub write_timeout: Duration,
    /// Context that is added to every request.
    pub added_context: ContextEnrichment,
    /// The longest duration of a stream; zero means no limit.
    pub stream_deadline: Duration,
    /// True if `GetMetadata` is served.
    pub sync_metadata: bool,
    /// True if requests without a selector are refused.
    pub require_selector: bool,
    /// The origins of pages that may send requests.
    pub cors: AllowedOrigins,
    /// The advertised endpoint of OFREP's change stream, if it is served.
    pub change_stream: Option<StreamEndpoint>,
    /// The limit on pings from clients of flag sync.
    pub ping_policy: PingPolicy,
    /// The bearer tokens of the ports that require one.
    pub tokens: PortTokens,
    /// The debug endpoints.
    pub debug: DebugConfig,
    /// The time for calls in flight after shutdown begins.
    pub grace: Duration,
    /// The interval of keep-alive events on a silent stream.
    pub keep_alive_interval: Duration,
    /// The connections that have ended; probes wake the task that returns their memory.
    pub ended_connections: Arc<EndedConnections>,
    /// The runtime of all ports except management; without it, that of the caller.
    pub workers: Option<Handle>,
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// The tracer, if requests are traced.
    pub traces: Option<Arc<RequestTracer>>,
    /// The liveness of the update thread, for `/readyz` and `/metrics`.
    pub update_thread: Option<Liveness>,
    /// The liveness of the workers, for `/readyz` and `/metrics`.
    pub worker_liveness: Option<WorkerLiveness>,
    /// The activities of the threads that read and write files, for `/readyz`.
    pub activities: ThreadActivities,
}

impl Default for ServeConfig {
    fn default() -> ServeConfig {
        ServeConfig {
            max_body: limits::REQUEST_BODY,
            max_header: limits::REQUEST_HEADER,
            max_connections: limits::CONNECTIONS,
            max_connections_per_client: 0,
            max_streams: limits::EVENT_STREAMS,
            read_timeout: limits::READ_TIMEOUT,
            write_timeout: limits::WRITE_TIMEOUT,
            added_context: ContextEnrichment::default(),
            stream_deadline: Duration::ZERO,
            sync_metadata: true,
            require_selector: false,
            cors: AllowedOrigins::default(),
            change_stream: Some(StreamEndpoint {
                origin: None,
                inactivity_delay_secs: limits::INACTIVITY_DELAY_SECONDS,
            }),
            ping_policy: PingPolicy {
                min_time: limits::PING_MIN_TIME,
                permit_without_stream: true,
            },
            tokens: PortTokens::default(),
            debug: DebugConfig::default(),
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
}
