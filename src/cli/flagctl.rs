//! The commands of `flagctl`, one module each.

pub mod compile;
pub mod diff;
pub mod eval;
pub mod explain;
pub mod get;
pub mod lint;
pub mod refs;
pub mod schema;
