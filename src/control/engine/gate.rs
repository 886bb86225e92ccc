//! `Gate`: the one thing that a rollout waits for, in words with its numbers.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;

use crate::control::engine::approval::MissingApprovals;
use crate::control::engine::cause::Cause;
use crate::control::engine::observation::DefinitionChange;
use crate::control::engine::observation::ObservedShare;
use crate::control::model::flag_state::Mark;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::timestamp;

/// The one thing that a rollout waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Gate {
    /// Nothing was looked at yet.
    FirstLook,
    /// The published flags were not found to be the intended ones yet.
    PostCondition {
        /// The shares that were found instead.
        mismatch: Option<String>,
    },
    /// The definition is not the pinned one.
    DefinitionChanged(DefinitionChange),
    /// The counts of a guardrail contradict themselves.
    InvalidEvidence {
        /// The guardrail.
        guardrail: String,
        /// The contradiction.
        why: String,
    },
    /// Control and treatment are both beyond a limit.
    SharedIncident {
        /// The guardrail.
        guardrail: String,
    },
    /// A person paused the rollout.
    Paused(Mark),
    /// Nothing may widen an exposure.
    Frozen(Mark),
    /// A guardrail has no data, or none since the engine was interrupted.
    NoData {
        /// The guardrail.
        guardrail: String,
        /// For how long, in milliseconds.
        for_ms: u64,
        /// The time of grace, in milliseconds.
        grace_ms: u64,
    },
    /// Another share is observed than the intended one.
    ObservedShare {
        /// The observed share.
        observed: ObservedShare,
        /// The intended share.
        intended: Percentage,
    },
    /// The least time in the stage.
    LeastTime {
        /// The time so far, in milliseconds.
        passed_ms: u64,
        /// The least time, in milliseconds.
        least_ms: u64,
    },
    /// The least number of exposed units.
    LeastUnits {
        /// The units so far.
        units: u64,
        /// The least number.
        least: u64,
    },
    /// A proof of health is missing.
    ProofOfHealth {
        /// The guardrail.
        guardrail: String,
        /// The evidence of a regression so far.
        evidence: f64,
        /// The evidence that decides.
        needed: f64,
    },
    /// Stages do not begin at this time.
    Window {
        /// The next time at which they do, in milliseconds since 1970.
        opens_at_ms: Option<u64>,
    },
    /// Approvals are missing.
    Approvals(MissingApprovals),
    /// The next step of a gradual rollback.
    RollbackStep {
        /// The milliseconds until it.
        left_ms: u64,
    },
    /// A person has to decide.
    Halted(Cause),
    /// The rollout ended.
    Ended,
}

fn minutes(millis: u64) -> String {
    if millis.is_multiple_of(60_000) || millis > 600_000 {
        (millis / 60_000).to_string()
    } else {
        format!("{}.{}", millis / 60_000, millis % 60_000 / 6000)
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gate::FirstLook => write!(f, "the first look"),
            Gate::PostCondition { mismatch: None } => {
                write!(
                    f,
                    "post-condition: the published shares are not confirmed yet"
                )
            }
            Gate::PostCondition {
                mismatch: Some(found),
            } => write!(f, "post-condition: {found}"),
            Gate::DefinitionChanged(change) => {
                write!(f, "definition changed: {}", change.what)?;
                let example = change.example.as_ref();
                example.map_or(Ok(()), |example| write!(f, " ({example})"))
            }
            Gate::InvalidEvidence { guardrail, why } => {
                write!(f, "invalid evidence of `{guardrail}`: {why}")
            }
            Gate::SharedIncident { guardrail } => {
                write!(
                    f,
                    "shared incident: the control is beyond the limit of `{guardrail}` as well"
                )
            }
            Gate::Paused(mark) => write!(f, "paused by {}", Signed(mark)),
            Gate::Frozen(mark) => write!(f, "frozen by {}", Signed(mark)),
            Gate::RollbackStep { left_ms } => {
                write!(f, "next step of the rollback: in {} min", minutes(*left_ms))
            }
            Gate::Halted(cause) => write!(f, "a decision: {cause}"),
            Gate::Ended => write!(f, "nothing"),
            _ => self.fmt_measurement(f),
        }
    }
}

impl Gate {
    fn fmt_measurement(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gate::NoData {
                guardrail,
                for_ms,
                grace_ms,
            } => {
                let (so_far, grace) = (minutes(*for_ms), minutes(*grace_ms));
                write!(
                    f,
                    "data of `{guardrail}`: none for {so_far} min, {grace} min are accepted"
                )
            }
            Gate::ObservedShare { observed, intended } => write!(
                f,
                "exposure: {} of {} units observed, {intended} intended",
                observed.exposed, observed.total
            ),
            Gate::LeastTime {
                passed_ms,
                least_ms,
            } => write!(
                f,
                "minimum time: {} of {} min",
                minutes(*passed_ms),
                minutes(*least_ms)
            ),
            Gate::LeastUnits { units, least } => write!(f, "minimum units: {units} of {least}"),
            Gate::ProofOfHealth {
                guardrail,
                evidence,
                needed,
            } => write!(
                f,
                "proof of health of `{guardrail}`; evidence of regression: {evidence:.1} of {needed:.0}"
            ),
            Gate::Window { opens_at_ms } => match opens_at_ms {
                Some(at) => {
                    let seconds = i64::try_from(at / 1000).unwrap_or(i64::MAX);
                    write!(f, "window: opens at {}", timestamp::format_rfc3339(seconds))
                }
                None => write!(f, "window: none opens within a week"),
            },
            Gate::Approvals(missing) => {
                write!(f, "approvals: {} of {}", missing.given, missing.needed)?;
                if missing.from.is_empty() {
                    return Ok(());
                }
                write!(f, ", missing {}", missing.from.join(", "))
            }
            _ => Ok(()),
        }
    }
}

/// The author and the reason of a decision.
struct Signed<'m>(&'m Mark);

impl fmt::Display for Signed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.reason {
            Some(reason) => write!(f, "{}: {reason}", self.0.by),
            None => write!(f, "{}", self.0.by),
        }
    }
}
