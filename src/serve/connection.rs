//! One accepted connection: protocol detection, the HTTP/1.1 fast path, the HTTP/2 executor, and keepalive enforcement.

pub mod authority_rewrite;
pub mod client_socket;
pub mod connection_waker;
pub mod hpack_state;
pub mod http1;
pub mod http2_driver;
pub mod http2_executor;
pub mod http2_frame;
pub mod ping_enforcement;
pub mod protocol_detection;
pub mod server;
pub mod stall_timeout;
pub mod unsent_budget;
