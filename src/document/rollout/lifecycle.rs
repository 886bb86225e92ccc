//! `Lifecycle` of a flag: owner, purpose, dates, status and ticket. Callers get it as metadata.

use ecow::EcoString;

use crate::diag::Position;
use crate::value::OwnedValue;

/// The lifecycle of a flag.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    /// The position of `lifecycle`, if present.
    pub position: Option<Position>,
    /// The owner of the flag.
    pub owner: Option<EcoString>,
    /// The purpose of the flag.
    pub kind: Option<FlagPurpose>,
    /// The creation date, in days since 1970.
    pub created: Option<i64>,
    /// The expiry date, in days since 1970.
    pub expires: Option<i64>,
    /// The status of the flag.
    pub status: Option<LifecycleStatus>,
    /// The ticket that tracks the work on the flag.
    pub ticket: Option<EcoString>,
    /// The members as written, for the flag's metadata.
    pub metadata: Vec<(EcoString, OwnedValue)>,
}

/// The purpose of a flag, which determines its expected lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagPurpose {
    /// Releases a feature; removed after full rollout.
    Release,
    /// An operational switch; permanent.
    Ops,
    /// Compares variants; removed after the result.
    Experiment,
    /// Grants permissions; permanent.
    Permission,
}

/// The status of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifecycleStatus {
    /// The rollout is in progress.
    Active,
    /// All users have the final variant; the flag should be removed from the code.
    FullyRolledOut,
    /// The flag should not be evaluated any more.
    Archived,
}
