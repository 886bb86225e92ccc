//! Flags from an HTTP server.

pub mod compression;
pub mod oauth;
pub mod polling;
pub mod proxy;
pub mod redirect;
pub mod request_headers;
pub mod tls;
