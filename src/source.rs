//! Where flag documents come from: files now. Brings documents, keeps the last good one of each, and publishes.
//!
//! Everything here is synchronous and runs on one thread of its own, so that updates are ordered and compiling a large
//! document never delays an evaluation.

pub mod file;
pub mod known;
pub mod loader;
pub mod settle;
pub mod spec;
pub mod watch;

use crate::document::Faults;

/// How sources are treated.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How faulty flags are treated.
    pub faults: Faults,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            faults: Faults::Contain,
        }
    }
}
