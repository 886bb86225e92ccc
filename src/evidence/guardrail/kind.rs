//! The kinds of guardrails and their parameters.

use crate::evidence::data_guard::CountDemands;
use crate::evidence::e_process::absolute_limit::Counted;

/// A test of the treatment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GuardrailKind {
    /// First failures against the control: at most `1 + margin` times as many.
    NoWorse {
        /// At least 0.
        margin: f64,
        /// With a ratio above 1, the verdict is `Healthy` once the treatment is proven better than this ratio.
        proof: Option<f64>,
    },
    /// Events against the control, if units are unknown: at most `1 + margin` times as many.
    ShareBet {
        /// At least 0.
        margin: f64,
    },
    /// At most a share `max` is bad.
    Limit {
        /// Above 0 and below 1.
        max: f64,
        /// Units or events.
        counted: Counted,
    },
    /// At most a share `max` of the events is slower than a threshold.
    Latency {
        /// Above 0 and below 1.
        max: f64,
    },
    /// A wanted outcome against the control: at least `1 − margin` times as many.
    MustNotFall {
        /// At least 0 and below 1.
        margin: f64,
    },
    /// First failures against the control, proven to be less than `margin` times as many.
    Health {
        /// Above 1.
        margin: f64,
    },
}

impl GuardrailKind {
    /// The demands on the counts of a look.
    pub fn demands(&self) -> CountDemands {
        match self {
            GuardrailKind::NoWorse { .. }
            | GuardrailKind::MustNotFall { .. }
            | GuardrailKind::Health { .. } => CountDemands {
                control: true,
                bounded: true,
            },
            GuardrailKind::ShareBet { .. } => CountDemands {
                control: true,
                bounded: false,
            },
            GuardrailKind::Limit { .. } | GuardrailKind::Latency { .. } => CountDemands {
                control: false,
                bounded: true,
            },
        }
    }

    /// Returns true if the e-value is that of a regression; a proof of health alone has none.
    pub fn can_regress(&self) -> bool {
        !matches!(self, GuardrailKind::Health { .. })
    }
}
