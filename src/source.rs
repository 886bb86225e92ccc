//! Where flag documents come from: files now. Brings documents, keeps the last good one of each, and publishes.
//!
//! Everything here is synchronous and runs on one thread of its own, so that updates are ordered and compiling a large
//! document never delays an evaluation.

pub mod file;
pub mod known;
pub mod loader;
pub mod settle;
pub mod uri;
pub mod watch;
