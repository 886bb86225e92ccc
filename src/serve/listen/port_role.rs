//! The four ports: their names, and the limits of their connections.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::limits;
use crate::metric::registry::Metrics;
use crate::serve::config::ServeConfig;
use crate::serve::connection::ping_enforcement::PingPolicy;
use crate::serve::listen::ended_connections::EndedConnections;
use crate::serve::listen::tls::ReloadableTlsConfig;

/// The bytes by which the head of an HTTP/1.1 request may exceed the header limit, as in Go.
const HTTP1_HEAD_OVERHEAD: usize = 4096;

/// The role of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortRole {
    /// gRPC, gRPC-Web and Connect.
    Evaluation,
    /// Probes, metrics and debug endpoints.
    Management,
    /// OFREP.
    Ofrep,
    /// Flag sync.
    Sync,
}

impl PortRole {
    /// The name in logs.
    pub fn name(self) -> &'static str {
        match self {
            PortRole::Evaluation => "evaluation",
            PortRole::Management => "management",
            PortRole::Ofrep => "ofrep",
            PortRole::Sync => "sync",
        }
    }

    /// The fault-injection point of the accept loop.
    pub fn accept_fault_point(self) -> &'static str {
        match self {
            PortRole::Evaluation => "accept-evaluation",
            PortRole::Management => "accept-management",
            PortRole::Ofrep => "accept-ofrep",
            PortRole::Sync => "accept-sync",
        }
    }
}

/// The limits of a port's connections.
#[derive(Debug, Clone)]
pub struct PortConfig {
    /// The port.
    pub port: PortRole,
    /// The largest header block, in bytes.
    pub max_header: usize,
    /// The timeout of a request's head.
    pub read_timeout: Duration,
    /// How long a client may accept no byte of a response.
    pub write_timeout: Duration,
    /// The time for calls in flight after shutdown begins.
    pub grace: Duration,
    /// The maximum number of open connections; further ones wait to be accepted.
    pub max_connections: usize,
    /// The maximum number of open connections of one client; 0 means no limit.
    pub max_connections_per_client: usize,
    /// Connection slots that ports share, limited by the number of file descriptors.
    pub connection_slots: Arc<Semaphore>,
    /// The connections that have ended.
    pub ended_connections: Arc<EndedConnections>,
    /// The counters of limits.
    pub metrics: Arc<Metrics>,
    /// The certificates, if the port serves TLS.
    pub tls: Option<Arc<ReloadableTlsConfig>>,
    /// The limit on client pings, if it is enforced.
    pub ping_policy: Option<PingPolicy>,
}

impl PortConfig {
    /// The limits of a port without TLS.
    pub fn new(port: PortRole, config: &ServeConfig, slots: &Arc<Semaphore>) -> PortConfig {
        PortConfig {
            port,
            max_header: config.max_header,
            read_timeout: config.read_timeout,
            write_timeout: config.write_timeout,
            grace: config.grace,
            max_connections: config.max_connections.clamp(1, Semaphore::MAX_PERMITS),
            max_connections_per_client: config.max_connections_per_client,
            connection_slots: slots.clone(),
            ended_connections: config.ended_connections.clone(),
            metrics: config.metrics.clone(),
            tls: None,
            ping_policy: None,
        }
    }

    /// How long a connection is kept at shutdown for a request that the client is just sending.
    pub fn drain_wait(&self) -> Duration {
        limits::DRAIN_WAIT.min(self.grace / 2)
    }

    /// The largest head of an HTTP/1.1 request, in bytes.
    pub fn max_http1_head(&self) -> usize {
        self.max_header.saturating_add(HTTP1_HEAD_OVERHEAD)
    }
}
