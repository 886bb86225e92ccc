//! `Guardrail`: a measurement that must not get worse while a release grows.
//!
//! Limits are numbers as written. How they are tested is up to the evidence of the control plane.

use crate::document::rollout::percentage::Percentage;

/// A guardrail of a plan or of a stage.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct Guardrail {
    /// The name, unique in its stage.
    pub name: String,
    /// The measurement and its limit.
    pub test: GuardrailTest,
    /// The window of a rule with windows, in milliseconds.
    pub window_ms: Option<u64>,
    /// True if health has to be proven; otherwise the absence of a regression suffices.
    pub require_proof: bool,
}

/// A measurement and its limit.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "control",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", rename_all_fields = "camelCase")
)]
pub enum GuardrailTest {
    /// The outcome must not be more frequent among exposed units than in the control.
    NoWorseThanControl {
        /// The name of the outcome.
        outcome: String,
        /// The relative increase that is accepted.
        margin: f64,
    },
    /// The outcome must not be less frequent than in the control by more than this part.
    MustNotFall {
        /// The name of the outcome.
        outcome: String,
        /// The relative decrease that is accepted.
        by: f64,
    },
    /// The ratio of two counters must not exceed a limit.
    Ratio {
        /// The counter of failures.
        bad: String,
        /// The counter of all attempts.
        of: String,
        /// The limit.
        max: f64,
    },
    /// The part of requests that take longer than a threshold must not exceed a limit.
    Latency {
        /// The histogram.
        histogram: String,
        /// The threshold, in the unit of the histogram.
        threshold: f64,
        /// The limit of the part above the threshold.
        max: f64,
    },
    /// The value of a metric must not exceed a limit.
    Threshold {
        /// The metric.
        metric: String,
        /// The limit.
        max: f64,
    },
    /// The part of sessions with an error must not exceed an absolute limit, or a multiple of the control.
    Sessions {
        /// The name of the outcome.
        outcome: String,
        /// The absolute limit.
        abs_threshold: f64,
        /// The multiple of the control.
        rel_multiplier: f64,
        /// The least number of exposed sessions.
        min_sessions: u64,
        /// True if the multiple counts although the control has no errors.
        strict: bool,
    },
}

impl Guardrail {
    /// Returns true if the measurement compares the share with the control.
    pub fn is_comparison(&self) -> bool {
        match self.test {
            GuardrailTest::NoWorseThanControl { .. } | GuardrailTest::MustNotFall { .. } => true,
            GuardrailTest::Ratio { .. }
            | GuardrailTest::Latency { .. }
            | GuardrailTest::Threshold { .. }
            | GuardrailTest::Sessions { .. } => false,
        }
    }

    /// Returns true if the measurement exists at this share: nobody is exposed at 0 %, and at 100 % there is no control.
    pub fn applies_at(&self, share: Percentage) -> bool {
        share > Percentage::NONE && (share < Percentage::ALL || !self.is_comparison())
    }
}
