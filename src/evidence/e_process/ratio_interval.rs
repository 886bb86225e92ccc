//! A confidence sequence for the ratio of the failure rates, treatment to control.

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::log_math::LOG_ZERO;
use crate::evidence::log_math::ln;
use crate::evidence::log_math::log_sum;
use crate::evidence::state_values::StateValues;
use crate::evidence::verdict::RatioBounds;

/// Ratios from 1/64 to 64, eight for each doubling.
const POINTS: usize = 97;

/// The index of the ratio 1.
const MIDDLE: usize = 48;

/// `ln(2) / 8`
const LOG_STEP: f64 = core::f64::consts::LN_2 / 8.0;

/// The likelihood of the first failures at each ratio of a grid.
///
/// For each ratio ρ, the uniform mixture of the likelihoods over that of ρ is an e-process if ρ is true. So the ratios
/// whose e-value stays below 1/alpha contain the true one at all times, with the probability 1 − alpha.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioInterval {
    log_likelihoods: [f64; POINTS],
}

impl Default for RatioInterval {
    fn default() -> RatioInterval {
        RatioInterval {
            log_likelihoods: [0.0; POINTS],
        }
    }
}

impl RatioInterval {
    /// Adds a look; one without units in an arm changes nothing.
    pub fn advance(&mut self, at_risk: ArmCounts, failed: ArmCounts) {
        let Some(share) = at_risk.treatment_share() else {
            return;
        };
        if failed.total() == 0 {
            return;
        }
        let (hits, trials) = (failed.treatment as f64, failed.total() as f64);
        for (index, likelihood) in self.log_likelihoods.iter_mut().enumerate() {
            let log_ratio = log_ratio(index);
            let base = libm::log1p(share * libm::expm1(log_ratio));
            *likelihood += hits * log_ratio - trials * base;
        }
    }

    /// Returns the bounds with the confidence `1 − alpha`.
    ///
    /// The likelihood is concave in the logarithm of the ratio, so the ratios inside form an interval. Each bound is moved
    /// outward to the next point of the grid.
    pub fn bounds(&self, alpha: f64) -> RatioBounds {
        let mixture = log_sum(self.log_likelihoods) - ln(POINTS as f64);
        let least = mixture + ln(alpha);
        let best = self
            .log_likelihoods
            .iter()
            .copied()
            .fold(LOG_ZERO, f64::max);
        let is_inside = |likelihood: &f64| *likelihood > least || *likelihood == best;
        let first = self
            .log_likelihoods
            .iter()
            .position(is_inside)
            .unwrap_or(MIDDLE);
        let last = self
            .log_likelihoods
            .iter()
            .rposition(is_inside)
            .unwrap_or(MIDDLE);
        RatioBounds {
            low: if first == 0 {
                0.0
            } else {
                libm::exp(log_ratio(first - 1))
            },
            high: if last + 1 == POINTS {
                f64::INFINITY
            } else {
                libm::exp(log_ratio(last + 1))
            },
        }
    }
}

fn log_ratio(index: usize) -> f64 {
    (index as f64 - MIDDLE as f64) * LOG_STEP
}

impl StateValues for RatioInterval {
    fn write_values(&self, out: &mut Vec<f64>) {
        self.log_likelihoods.write_values(out);
    }

    fn read_values(values: &mut impl Iterator<Item = f64>) -> Option<RatioInterval> {
        let log_likelihoods = StateValues::read_values(values)?;
        Some(RatioInterval { log_likelihoods })
    }
}
