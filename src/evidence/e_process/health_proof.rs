//! Proof that the treatment is good enough: the mirrored tests, against "worse than the margin".

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::e_process::odds_factor::OddsAlternatives;
use crate::evidence::log_math::ln;
use crate::evidence::log_math::log_product;
use crate::evidence::log_math::log_sum;
use crate::evidence::state_values::StateValues;

/// The null hypothesis: the rate of the treatment is at least `margin > 1` times that of the control.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HealthProof {
    alternatives: OddsAlternatives<3>,
}

impl HealthProof {
    /// A proof against a margin above 1. It tries the ratios `√margin`, 1 and `1/margin`.
    pub fn new(margin: f64) -> HealthProof {
        let multiples = [
            1.0 / libm::sqrt(margin),
            1.0 / margin,
            1.0 / (margin * margin),
        ];
        HealthProof {
            alternatives: OddsAlternatives::new(margin, multiples),
        }
    }

    /// Returns the logarithms of the factors of one look; `None` if an arm has no unit at risk.
    ///
    /// The share of the treatment changes with every failure inside the interval. All factors grow with it, so its lowest
    /// value, after all failures of the treatment, gives less than the exact product.
    pub fn log_factors(&self, at_risk: ArmCounts, failed: ArmCounts) -> Option<[f64; 3]> {
        at_risk.treatment_share()?;
        let left = at_risk.treatment.saturating_sub(failed.treatment);
        let share = left as f64 / left.saturating_add(at_risk.control) as f64;
        Some(
            self.alternatives
                .log_factors(failed.treatment, failed.total(), share),
        )
    }
}

/// The product of the factors of a proof over all looks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProofState {
    /// `ln Π f` of each alternative.
    pub whole: [f64; 3],
}

impl ProofState {
    /// Multiplies by the factors of a look, which are logarithms.
    pub fn advance(&mut self, log_factors: &[f64; 3]) {
        for (whole, factor) in self.whole.iter_mut().zip(log_factors) {
            *whole = log_product(*whole, *factor);
        }
    }

    /// Returns the logarithm of the e-value.
    pub fn log_e(&self) -> f64 {
        log_sum(self.whole) - ln(3.0)
    }
}

impl StateValues for ProofState {
    fn write_values(&self, out: &mut Vec<f64>) {
        self.whole.write_values(out);
    }

    fn read_values(values: &mut impl Iterator<Item = f64>) -> Option<ProofState> {
        let whole = StateValues::read_values(values)?;
        Some(ProofState { whole })
    }
}
