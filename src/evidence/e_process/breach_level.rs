//! A running measure of whether an arm is beyond a limit now: a cumulative sum (CUSUM) that is bounded on both sides.

use crate::evidence::state_values::StateValues;

/// The cumulative sum of each alternative.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BreachLevel {
    /// Between 0 and the ceiling.
    pub levels: [f64; 5],
}

impl BreachLevel {
    /// Adds the logarithms of a look's factors. The ceiling lets the level fall soon after a breach ends.
    pub fn advance(&mut self, log_factors: &[f64; 5], ceiling: f64) {
        for (level, factor) in self.levels.iter_mut().zip(log_factors) {
            *level = (*level + factor).clamp(0.0, ceiling);
        }
    }

    /// Returns the highest level.
    pub fn highest(&self) -> f64 {
        self.levels.iter().copied().fold(0.0, f64::max)
    }
}

impl StateValues for BreachLevel {
    fn write_values(&self, out: &mut Vec<f64>) {
        self.levels.write_values(out);
    }

    fn read_values(values: &mut impl Iterator<Item = f64>) -> Option<BreachLevel> {
        let levels = StateValues::read_values(values)?;
        Some(BreachLevel { levels })
    }
}
