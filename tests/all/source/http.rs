//! Flags from an HTTP server.

pub mod polling;
