//! A wanted outcome, such as a purchase, must not become rarer: the comparison with the arms exchanged.

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::e_process::comparison::Comparison;

/// The ratios that are tried, as multiples of the largest allowed one. Losses of a wanted outcome are smaller than
/// multiples of an error rate, so the ratios begin lower.
const ALTERNATIVES: [f64; 6] = [1.1, 1.25, 1.5, 2.0, 4.0, 20.0];

/// The null hypothesis: the rate of the treatment is at least `1 − margin` times that of the control.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MustNotFall {
    swapped: Comparison,
}

impl MustNotFall {
    /// A test that allows a fall by `margin`, which is at least 0 and below 1.
    pub fn new(margin: f64) -> MustNotFall {
        let ratio = 1.0 / (1.0 - margin);
        MustNotFall {
            swapped: Comparison::with_alternatives(ratio, ALTERNATIVES),
        }
    }

    /// Returns the logarithms of the factors of one look: units that had no success before, and first successes.
    pub fn log_factors(&self, at_risk: ArmCounts, succeeded: ArmCounts) -> Option<[f64; 6]> {
        self.swapped
            .log_factors(at_risk.swapped(), succeeded.swapped())
    }
}
