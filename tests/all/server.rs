//! The running server: ports, TLS, Unix sockets, limits, metrics, debug endpoints, shutdown.

pub mod connection_limits;
pub mod debug_access;
pub mod debug_endpoints;
pub mod keepalive_pings;
pub mod logging;
pub mod metrics;
pub mod panics;
pub mod ports;
pub mod readiness;
pub mod shutdown;
pub mod supervision;
pub mod tls;
pub mod unix_socket;
