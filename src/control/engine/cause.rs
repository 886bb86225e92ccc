//! `Cause`: the reason for a halt or a rollback.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;

use crate::control::model::flag_state::Mark;
use crate::evidence::verdict::Assessment;

/// The reason for a halt or a rollback.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Cause {
    /// A guardrail regressed.
    Regression(RegressionCause),
    /// A guardrail had no data for longer than the time of grace.
    NoData {
        /// The guardrail.
        guardrail: String,
    },
    /// A required proof of health was missing in time.
    Inconclusive {
        /// The guardrail.
        guardrail: String,
    },
    /// Nobody watched the exposure for the time of its lease.
    LeaseLapsed,
    /// The flag was killed.
    Killed,
    /// A person or a program decided so.
    Decision(Mark),
}

/// A regression with its numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegressionCause {
    /// The guardrail.
    pub guardrail: String,
    /// The natural logarithm of the e-value.
    pub log_e: f64,
    /// The logarithm that decides.
    pub log_threshold: f64,
    /// Failed units and units at risk of the control.
    pub control: [u64; 2],
    /// Failed units and units at risk of the treatment.
    pub treatment: [u64; 2],
}

impl RegressionCause {
    /// The numbers of an assessment.
    pub fn of(guardrail: &str, assessment: &Assessment) -> RegressionCause {
        let numbers = &assessment.numbers;
        RegressionCause {
            guardrail: guardrail.to_owned(),
            log_e: assessment.log_e,
            log_threshold: numbers.log_threshold,
            control: [numbers.failed.control, numbers.at_risk.control],
            treatment: [numbers.failed.treatment, numbers.at_risk.treatment],
        }
    }
}

impl Cause {
    /// Returns true if the cause says something against the release itself.
    pub fn is_against_release(&self) -> bool {
        match self {
            Cause::Regression(_) | Cause::NoData { .. } | Cause::Inconclusive { .. } => true,
            Cause::LeaseLapsed | Cause::Killed | Cause::Decision(_) => false,
        }
    }
}

/// A part of units in percent, with at most one decimal; `-` without units.
fn percent([part, whole]: [u64; 2]) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let tenths = u128::from(part) * 1000 / u128::from(whole);
    match tenths % 10 {
        0 => format!("{}%", tenths / 10),
        rest => format!("{}.{rest}%", tenths / 10),
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Regression(found) => write!(
                f,
                "`{}` regressed: canary {} vs stable {}",
                found.guardrail,
                percent(found.treatment),
                percent(found.control)
            ),
            Cause::NoData { guardrail } => write!(f, "no data of `{guardrail}`"),
            Cause::Inconclusive { guardrail } => write!(f, "no proof of health of `{guardrail}`"),
            Cause::LeaseLapsed => write!(f, "the lease lapsed: nobody watched the exposure"),
            Cause::Killed => write!(f, "the flag was killed"),
            Cause::Decision(mark) => match &mark.reason {
                Some(reason) => write!(f, "{}: {reason}", mark.by),
                None => write!(f, "{}", mark.by),
            },
        }
    }
}
