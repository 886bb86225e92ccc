//! Treatment against control: the arm into which each first failure falls.

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::e_process::odds_factor::OddsAlternatives;

/// The ratios of failure rates that are tried, as multiples of the largest allowed one.
pub const ALTERNATIVES: [f64; 6] = [1.5, 2.0, 3.0, 5.0, 10.0, 30.0];

/// A comparison of first failures. The null hypothesis: the rate of the treatment is at most `ratio` times that of the
/// control.
///
/// Given a failure, it falls into the treatment with the probability `θ(ρ) = ρw / (ρw + 1 − w)`, where `w` is the
/// treatment's share of the units at risk. How often units fail, and how unequal they are, cancels out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    alternatives: OddsAlternatives<6>,
}

impl Comparison {
    /// A comparison against the ratio that is still allowed, such as 1.
    pub fn new(ratio: f64) -> Comparison {
        Comparison {
            alternatives: OddsAlternatives::new(ratio, ALTERNATIVES),
        }
    }

    /// A comparison with other alternatives, as multiples of `ratio`.
    pub fn with_alternatives(ratio: f64, multiples: [f64; 6]) -> Comparison {
        Comparison {
            alternatives: OddsAlternatives::new(ratio, multiples),
        }
    }

    /// Returns the logarithms of the factors of one look; `None` if an arm has no unit at risk.
    pub fn log_factors(&self, at_risk: ArmCounts, failed: ArmCounts) -> Option<[f64; 6]> {
        let share = at_risk.treatment_share()?;
        let (hits, trials) = (failed.treatment, failed.total());
        Some(self.alternatives.log_factors(hits, trials, share))
    }
}
