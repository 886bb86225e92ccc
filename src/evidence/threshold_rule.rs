//! Threshold rules as they are found in practice. They give no bound on false alarms; [`false_alarm`] estimates them.

pub mod false_alarm;

use std::collections::VecDeque;

use crate::evidence::arm_counts::ArmCounts;

/// A rule that trips at a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ThresholdRule {
    /// Trips if the treatment has enough sessions and its rate is above a limit, or above a multiple of the control's.
    AbsoluteOrRelative {
        /// The limit, such as 0.05.
        absolute: f64,
        /// The multiple, such as 3.
        multiple: f64,
        /// Sessions of the treatment, such as 200.
        min_units: u64,
        /// The looks that are counted together; all since the start without a number.
        window: Option<usize>,
        /// Compares with a control that has no errors, or no sessions, as well: any error then trips.
        strict: bool,
    },
    /// Trips if the rate of the treatment over a window of looks is above a limit, or a latency above its limit.
    Windowed {
        /// The limit of the rate, such as 0.01.
        max: f64,
        /// The limit of the latency quantile.
        max_latency: Option<f64>,
        /// The looks that are counted together.
        window: usize,
    },
    /// Trips if the rate or the latency of one look is above its limit.
    TwoLimits {
        /// The limit of the rate, such as 0.01.
        max: f64,
        /// The limit of the latency quantile.
        max_latency: Option<f64>,
    },
    /// Judges once, after the looks of a stage: trips unless rate, latency and sample size are as demanded.
    Criteria {
        /// The largest rate that passes.
        max: f64,
        /// The largest latency quantile that passes.
        max_latency: Option<f64>,
        /// The smallest sample that passes.
        min_units: u64,
        /// The looks of the stage.
        looks: usize,
    },
}

/// The counts of a look, in the interval since the previous one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RuleLook {
    /// Sessions or requests.
    pub units: ArmCounts,
    /// Those with errors.
    pub bad: ArmCounts,
    /// The treatment's latency quantile.
    pub latency: Option<f64>,
}

/// The looks that a rule remembers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleState {
    window: VecDeque<RuleLook>,
    units: ArmCounts,
    bad: ArmCounts,
    looks: usize,
}

impl ThresholdRule {
    /// Adds a look and returns true if the rule trips.
    pub fn trips(&self, state: &mut RuleState, look: RuleLook) -> bool {
        state.add(look, self.window());
        let (units, bad) = (state.units, state.bad);
        let rate = |bad: u64, units: u64| bad as f64 / (units.max(1)) as f64;
        let treatment = rate(bad.treatment, units.treatment);
        let slow = |most: Option<f64>| look.latency.zip(most).is_some_and(|(is, most)| is > most);
        match *self {
            ThresholdRule::AbsoluteOrRelative {
                absolute,
                multiple,
                min_units,
                strict,
                ..
            } => {
                let comparable = strict || bad.control > 0;
                let relative = treatment > multiple * rate(bad.control, units.control);
                units.treatment >= min_units && (treatment > absolute || (comparable && relative))
            }
            ThresholdRule::Windowed {
                max, max_latency, ..
            }
            | ThresholdRule::TwoLimits { max, max_latency } => treatment > max || slow(max_latency),
            ThresholdRule::Criteria {
                max,
                max_latency,
                min_units,
                looks,
            } => {
                let fails = treatment > max || slow(max_latency) || units.treatment < min_units;
                state.looks == looks && fails
            }
        }
    }

    fn window(&self) -> Option<usize> {
        match self {
            ThresholdRule::AbsoluteOrRelative { window, .. } => *window,
            ThresholdRule::Windowed { window, .. } => Some(*window),
            ThresholdRule::TwoLimits { .. } => Some(1),
            ThresholdRule::Criteria { .. } => None,
        }
    }
}

impl RuleState {
    fn add(&mut self, look: RuleLook, window: Option<usize>) {
        self.looks += 1;
        self.units = self.units.plus(look.units);
        self.bad = self.bad.plus(look.bad);
        let Some(length) = window else {
            return;
        };
        self.window.push_back(look);
        if self.window.len() > length.max(1)
            && let Some(oldest) = self.window.pop_front()
        {
            self.units = self.units.minus(oldest.units);
            self.bad = self.bad.minus(oldest.bad);
        }
    }
}
