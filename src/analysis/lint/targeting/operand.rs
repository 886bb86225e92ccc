//! Lints of the operands of one operation: attribute paths, defaults of `var`, times, versions, and templates.

pub mod contradiction;
pub mod path_notation;
pub mod template;
pub mod time;
pub mod var_default;
pub mod version;
