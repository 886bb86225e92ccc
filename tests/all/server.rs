//! The running server: ports, TLS, Unix sockets, limits, metrics, debug endpoints, shutdown.

pub mod debug_endpoints;
pub mod metrics;
pub mod ports;
pub mod tls;
