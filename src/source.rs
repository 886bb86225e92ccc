//! Flag sources: files, URLs, flag sync services and resources of Kubernetes. Reads documents, keeps the last good one of each, and publishes.
//!
//! One update thread orders all updates: it reads files, receives the documents of network sources, merges all
//! documents and publishes, so that compiling a large document never delays an evaluation. A network source is a task
//! on the runtime that only receives bytes; the thread compiles them, by the same code as for files.
//!
//! Nothing is created for options that are not set: no client, no certificates, no task, no state directory.

pub mod background_priority;
mod diagnostic_log;
pub mod error;
mod last_good;
pub mod layer;
pub mod update_channel;
pub mod metrics;
pub mod spec;
pub mod state_dir;
pub mod status;
pub mod updater;
pub mod file;
pub mod network;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::document::FaultPolicy;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::wire::fleet::replica_identity::ReplicaIdentity;

/// The options that all sources share.
#[derive(Debug, Clone)]
pub struct SourceConfig {
    /// The treatment of faulty flags.
    pub faults: FaultPolicy,
    /// The directory that keeps the last good document of each source for the next start.
    pub state_dir: Option<PathBuf>,
    /// True if the process exits when a source has no flags at startup.
    pub fail_fast: bool,
    /// The version of `fractional`.
    pub fractional_version: FractionalVersion,
    /// Timeouts and intervals.
    pub timing: Timing,
    /// The identity of this process for control planes.
    pub replica: Arc<ReplicaIdentity>,
}

/// Timeouts, retry delays and intervals of sources.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// The delay after a first failure; it doubles with each further one.
    pub initial_backoff: Duration,
    /// The longest delay after a failure.
    pub max_backoff: Duration,
    /// The time limit of a connection attempt.
    pub connect_timeout: Duration,
    /// The time limit of the first message on a sync stream.
    pub first_message_timeout: Duration,
    /// The time between keepalive pings on a sync stream. flagd's service allows one in 30 s.
    pub keepalive_interval: Duration,
    /// The time limit of the response to a ping, and how long a watch may last beyond the agreed end.
    pub keepalive_timeout: Duration,
    /// The shortest time after which a watch of Kubernetes ends and begins again; the longest is twice as long.
    pub watch_timeout: Duration,
    /// The time between two reminders of a stale source.
    pub stale_reminder_interval: Duration,
    /// The time between two reminders of a source without flags, which keeps `/readyz` at 412.
    pub unready_reminder_interval: Duration,
}

impl Default for SourceConfig {
    fn default() -> SourceConfig {
        SourceConfig {
            faults: FaultPolicy::IsolateFlag,
            state_dir: None,
            fail_fast: false,
            fractional_version: FractionalVersion::default(),
            timing: Timing::default(),
            replica: Arc::default(),
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
            watch_timeout: Duration::from_secs(300),
            stale_reminder_interval: Duration::from_secs(300),
            unready_reminder_interval: Duration::from_secs(60),
        }
    }
}
