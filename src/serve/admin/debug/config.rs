//! Configuration of the debug endpoints: access, the name of the replica, and the status of its sources.

use std::sync::Arc;

use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::serve::admin::debug::bearer_auth::DebugAccess;
use crate::source::status::SourceStatuses;

/// The configuration of the debug endpoints.
#[derive(Debug, Clone)]
pub struct DebugConfig {
    /// The clients that have access.
    pub access: DebugAccess,
    /// The name of this replica, and the targeting key of requests without one.
    pub replica: Arc<str>,
    /// The status of the sources.
    pub statuses: SourceStatuses,
    /// The version of the hash of `fractional`.
    pub fractional_version: FractionalVersion,
}

impl Default for DebugConfig {
    fn default() -> DebugConfig {
        DebugConfig {
            access: DebugAccess::Off,
            replica: "".into(),
            statuses: Arc::default(),
            fractional_version: FractionalVersion::default(),
        }
    }
}
