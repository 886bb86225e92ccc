//! A check of a metric before the arms differ (A/A check): a metric that differs already cannot judge the treatment.

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::e_process::comparison::Comparison;
use crate::evidence::e_process::start_mixture::StartMixture;
use crate::evidence::log_math::ln;
use crate::evidence::log_math::log_add;
use crate::evidence::state_values::StateValues;

/// Comparisons of the future arms in both directions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PreCheck {
    /// The future treatment is worse.
    pub forward: StartMixture<6>,
    /// The future control is worse.
    pub backward: StartMixture<6>,
}

impl PreCheck {
    /// Adds a look at the future arms.
    pub fn advance(&mut self, t: u64, at_risk: ArmCounts, failed: ArmCounts) {
        let comparison = Comparison::new(1.0);
        let factors = |at_risk, failed| comparison.log_factors(at_risk, failed).unwrap_or_default();
        self.forward.advance(t, &factors(at_risk, failed));
        let swapped = factors(at_risk.swapped(), failed.swapped());
        self.backward.advance(t, &swapped);
    }

    /// Returns the logarithm of the mean of both e-values.
    pub fn log_e(&self) -> f64 {
        log_add(self.forward.log_e(), self.backward.log_e()) - ln(2.0)
    }
}

impl StateValues for PreCheck {
    fn write_values(&self, out: &mut Vec<f64>) {
        self.forward.write_values(out);
        self.backward.write_values(out);
    }

    fn read_values(values: &mut impl Iterator<Item = f64>) -> Option<PreCheck> {
        Some(PreCheck {
            forward: StateValues::read_values(values)?,
            backward: StateValues::read_values(values)?,
        })
    }
}
