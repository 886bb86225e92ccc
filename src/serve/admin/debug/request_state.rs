//! The state that a debug request is answered from: snapshot, configuration, added context and time.

use std::time::SystemTime;

use crate::serve::admin::debug::config::DebugConfig;
use crate::snapshot::Snapshot;
use crate::wire::context::enrichment::OverlayAttribute;

/// The state that a debug request is answered from.
#[derive(Clone, Copy)]
pub struct DebugRequestState<'q> {
    /// The flags.
    pub snapshot: &'q Snapshot,
    /// The configuration of the replica.
    pub config: &'q DebugConfig,
    /// Attributes that override the caller's.
    pub overlay: &'q [OverlayAttribute<'q>],
    /// The time of the request.
    pub now: SystemTime,
}
