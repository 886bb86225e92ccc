//! Listening sockets: addresses, TCP and Unix listeners, TLS certificates, the accept loop and its connection limits.

pub mod accept;
pub mod addr;
pub mod port;
pub mod slots;
pub mod socket;
pub mod tls;
pub mod unix;
