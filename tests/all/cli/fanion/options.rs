//! Options of `fanion start` from arguments, environment and configuration file.

pub mod config_file;
pub mod list_values;
pub mod listen_address;
pub mod otlp_export;
pub mod precedence;
pub mod print_config;
pub mod secrets;
pub mod validation;
