//! Flags from an HTTP server.

pub mod oauth;
pub mod polling;
pub mod redirect;
pub mod request_headers;
pub mod tls;
