//! Command output: formats, JSON values, lint findings, standard output and exit codes.

pub mod command_output;
pub mod findings;
pub mod output_format;
pub mod json_value;
