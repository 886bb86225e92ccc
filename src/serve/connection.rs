//! One accepted connection: protocol detection, the HTTP/1.1 fast path, the HTTP/2 executor, and keepalive enforcement.

pub mod authority_rewrite;
pub mod hpack_state;
pub mod http1;
pub mod http2_executor;
pub mod http2_frame;
pub mod ping_enforcement;
pub mod protocol_detection;
pub mod server;
