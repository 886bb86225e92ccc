//! Options of `fanion start` from arguments, environment and configuration file.

pub mod otlp_export;
pub mod precedence;
