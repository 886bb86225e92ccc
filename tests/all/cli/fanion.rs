//! The `fanion` program: options, help, start-up errors and the healthcheck.

pub mod healthcheck;
pub mod options;
