//! Listening sockets: addresses, TCP and Unix listeners, TLS certificates, the accept loop and its connection limits.

pub mod accept;
pub mod addr;
pub mod certificate_expiry;
pub mod ended_connections;
pub mod limit_report;
pub mod port_role;
pub mod client_slots;
pub mod connection_slots;
pub mod socket;
pub mod tls;
pub mod unix;
