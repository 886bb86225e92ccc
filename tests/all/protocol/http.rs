//! HTTP below the RPC protocols: HTTP/1.1, HTTP/2, CORS, request limits.

pub mod cors;
pub mod http1;
pub mod http1_closing;
pub mod http1_fast_path;
pub mod http1_streams;
pub mod http2_multiplexing;
pub mod malformed_requests;
pub mod request_limits;
pub mod unread_responses;
