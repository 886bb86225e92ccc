//! The result of a look at a guardrail: `Verdict`, and `Assessment` with the numbers behind it.

use crate::evidence::arm_counts::ArmCounts;

/// The judgement of a guardrail after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The treatment is worse than allowed. The chance of ever saying so of a healthy treatment is at most alpha.
    Regressed,
    /// The treatment is proven to be good enough.
    Healthy,
    /// The counts prove neither.
    Undecided,
    /// The counts of this look contradict themselves and were left out.
    Invalid(InvalidReason),
    /// Control and treatment are both beyond an absolute limit, so a rollback would not help.
    SharedIncident,
    /// Nothing can be compared, because an arm has no units.
    NoData,
}

impl Verdict {
    /// The name in output and in APIs.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Regressed => "regressed",
            Verdict::Healthy => "healthy",
            Verdict::Undecided => "undecided",
            Verdict::Invalid(_) => "invalid",
            Verdict::SharedIncident => "shared-incident",
            Verdict::NoData => "no-data",
        }
    }
}

/// The contradiction in the counts of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InvalidReason {
    /// More units failed than were at risk.
    MoreFailedThanAtRisk,
    /// An arm that had a series has none, or has no units although its share lets many expect.
    ArmVanished,
    /// A count is negative, fractional or too large to be exact.
    NotACount,
    /// The time is before the time of the previous look.
    TimeReversed,
    /// The arms do not have the shares of the assignment.
    AssignmentMismatch,
    /// The arms differed before they were treated differently.
    MetricUnfit,
}

impl InvalidReason {
    /// The name in output and in APIs.
    pub fn name(self) -> &'static str {
        match self {
            InvalidReason::MoreFailedThanAtRisk => "more-failed-than-at-risk",
            InvalidReason::ArmVanished => "arm-vanished",
            InvalidReason::NotACount => "not-a-count",
            InvalidReason::TimeReversed => "time-reversed",
            InvalidReason::AssignmentMismatch => "assignment-mismatch",
            InvalidReason::MetricUnfit => "metric-unfit",
        }
    }
}

/// A look at a guardrail: the evidence, the verdict and the numbers to show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assessment {
    /// Natural logarithm of the e-value of the whole stage; a look that is left out does not change it.
    pub log_e: f64,
    /// The judgement.
    pub verdict: Verdict,
    /// Counts and bounds that a person can check.
    pub numbers: Numbers,
}

/// What an assessment rests on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Numbers {
    /// The logarithm of the e-value that decides, `ln(1/alpha)`.
    pub log_threshold: f64,
    /// Units at risk at the last valid look.
    pub at_risk: ArmCounts,
    /// Failures since the stage began.
    pub failed: ArmCounts,
    /// Valid looks.
    pub looks: u64,
    /// Looks that were left out as invalid.
    pub invalid_looks: u64,
    /// Confidence sequence for the ratio of the failure rates, treatment to control.
    pub ratio: Option<RatioBounds>,
}

/// Bounds of a ratio of rates. A bound at the end of the grid is 0 or infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioBounds {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}
