//! The `flagctl` program, one file per command.

pub mod arguments;
pub mod diff;
pub mod eval;
pub mod get;
pub mod lint;
pub mod multiple_files;
pub mod refs;
pub mod replica;
