//! Where flag documents come from: files, URLs and flag sync services. Brings documents, keeps the last good one of
//! each, and publishes.
//!
//! One thread of its own orders all updates: it reads files, takes what the network sources bring, lays all documents
//! over each other and publishes, so that compiling a large document never delays an evaluation. A network source is a
//! task on the runtime that only moves bytes; whether they are a document is decided on the thread, by the same code as
//! for files.
//!
//! What is not configured costs nothing: no client, no certificates, no task, no state directory.

mod backoff;
pub mod cause;
pub mod file;
mod files;
mod grpc;
mod held;
pub mod http;
pub mod known;
pub mod layer;
pub mod loader;
mod look;
mod post;
mod remote;
pub mod report;
pub mod settle;
pub mod spec;
pub mod state;
pub mod status;
mod text;
mod tls;
pub mod watch;

use std::path::PathBuf;
use std::time::Duration;

use crate::document::Faults;
use crate::rule::unit::Version;

/// How sources are treated.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How faulty flags are treated.
    pub faults: Faults,
    /// Where the last good document of each source is kept for the next start.
    pub state_dir: Option<PathBuf>,
    /// Whether a source that brings no flags at first ends the start.
    pub fail_fast: bool,
    /// How `fractional` hashes its units.
    pub fractional: Version,
    /// How patient to be.
    pub pace: Pace,
}

/// How long things may take, and when they are tried again.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The wait after a first failure; it doubles with each further one.
    pub retry: Duration,
    /// The longest wait after a failure.
    pub longest_retry: Duration,
    /// How long it may take to connect.
    pub connect: Duration,
    /// How long an open sync stream may bring nothing before that is a failure.
    pub first_message: Duration,
    /// After how much silence the peer of a sync stream is asked whether it is there. flagd's service allows 30 s.
    pub ping: Duration,
    /// How long it may take to answer that.
    pub pong: Duration,
    /// How often a source whose flags are stale is spoken of.
    pub reminder: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            faults: Faults::Contain,
            state_dir: None,
            fail_fast: false,
            fractional: Version::default(),
            pace: Pace::default(),
        }
    }
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            retry: Duration::from_millis(100),
            longest_retry: Duration::from_secs(60),
            connect: Duration::from_secs(10),
            first_message: Duration::from_secs(10),
            ping: Duration::from_secs(30),
            pong: Duration::from_secs(20),
            reminder: Duration::from_secs(300),
        }
    }
}
