//! The `flagctl` program, one file per command.

pub mod arguments;
pub mod diff;
pub mod eval;
pub mod explain;
pub mod get;
pub mod lint;
pub mod multiple_files;
pub mod no_answer;
pub mod one_flag;
pub mod refs;
pub mod replica;
pub mod standard_input;
pub mod terminal_output;
