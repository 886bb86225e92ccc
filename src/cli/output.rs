//! Command output: formats, tables, lint findings, standard output, shell completions and exit codes.

pub mod color;
pub mod columns;
pub mod command_output;
pub mod completions;
pub mod exit_code;
pub mod findings;
pub mod flag_table;
pub mod message;
pub mod outcome_json;
pub mod output_format;
pub mod position;
pub mod stdout;
pub mod terminal_args;
