//! Where flag documents come from: files, URLs and flag sync services. Brings documents, keeps the last good one of
//! each, and publishes.
//!
//! One thread of its own orders all updates: it reads files, takes what the network sources bring, lays all documents
//! over each other and publishes, so that compiling a large document never delays an evaluation. A network source is a
//! task on the runtime that only moves bytes; whether they are a document is decided on the thread, by the same code as
//! for files.
//!
//! What is not configured costs nothing: no client, no certificates, no task, no state directory.

mod last_good;
pub mod layer;
mod update_channel;
pub mod metrics;
pub mod spec;
pub mod state_dir;
pub mod status;
pub mod updater;
pub mod file;
pub mod network;

use std::path::PathBuf;
use std::time::Duration;

use crate::document::FaultPolicy;
use crate::rule::bucketing::bucketing_value::FractionalVersion;

/// How sources are treated.
#[derive(Debug, Clone)]
pub struct SourceConfig {
    /// How faulty flags are treated.
    pub faults: FaultPolicy,
    /// Where the last good document of each source is kept for the next start.
    pub state_dir: Option<PathBuf>,
    /// Whether a source that brings no flags at first ends the start.
    pub fail_fast: bool,
    /// How `fractional` hashes its units.
    pub fractional_version: FractionalVersion,
    /// How patient to be.
    pub timing: Timing,
}

/// How long things may take, and when they are tried again.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The wait after a first failure; it doubles with each further one.
    pub initial_backoff: Duration,
    /// The longest wait after a failure.
    pub max_backoff: Duration,
    /// How long it may take to connect.
    pub connect_timeout: Duration,
    /// How long an open sync stream may bring nothing before that is a failure.
    pub first_message_timeout: Duration,
    /// After how much silence the peer of a sync stream is asked whether it is there. flagd's service allows 30 s.
    pub keepalive_interval: Duration,
    /// How long it may take to answer that.
    pub keepalive_timeout: Duration,
    /// How often a source whose flags are stale is spoken of.
    pub stale_reminder_interval: Duration,
}

impl Default for SourceConfig {
    fn default() -> SourceConfig {
        SourceConfig {
            faults: FaultPolicy::IsolateFlag,
            state_dir: None,
            fail_fast: false,
            fractional_version: FractionalVersion::default(),
            timing: Timing::default(),
        }
    }
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            initial_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            first_message_timeout: Duration::from_secs(10),
            keepalive_interval: Duration::from_secs(30),
            keepalive_timeout: Duration::from_secs(20),
            stale_reminder_interval: Duration::from_secs(300),
        }
    }
}
