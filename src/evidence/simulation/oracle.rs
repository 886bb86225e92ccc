//! Tests that know more than any test can: the size of the regression, and when it begins.

use crate::evidence::alpha;
use crate::evidence::e_process::odds_factor::OddsAlternatives;
use crate::evidence::log_math::LOG_ZERO;
use crate::evidence::log_math::ln;
use crate::evidence::log_math::log_add;
use crate::evidence::log_math::log_product;
use crate::evidence::simulation::scenario::MINUTES;
use crate::evidence::simulation::scenario::SimulatedRegression;
use crate::evidence::simulation::traffic::SimulatedMinute;

/// The oracles, in the order of the tables.
pub const ORACLES: [&str; 2] = ["knows size and onset", "knows size"];

/// Likelihood-ratio tests with the true ratio.
#[derive(Debug, Clone)]
pub struct Oracle {
    effect: SimulatedRegression,
    alternative: OddsAlternatives<1>,
    from_onset: f64,
    any_onset: f64,
}

impl Oracle {
    /// Oracles for a regression.
    pub fn new(effect: SimulatedRegression) -> Oracle {
        Oracle {
            effect,
            alternative: OddsAlternatives::new(1.0, [effect.ratio]),
            from_onset: 0.0,
            any_onset: LOG_ZERO,
        }
    }

    /// Adds a minute and returns which oracles reject at `alpha`. The second one gives every minute of the day the same
    /// weight as the onset.
    pub fn look(&mut self, minute: &SimulatedMinute, alpha: f64) -> [bool; 2] {
        let share = minute.at_risk.treatment_share().unwrap_or(0.0);
        let [factor] =
            self.alternative
                .log_factors(minute.failed.treatment, minute.failed.total(), share);
        if minute.index >= self.effect.onset {
            self.from_onset += factor;
        }
        let weight = ln(1.0 / MINUTES as f64);
        self.any_onset = log_product(log_add(self.any_onset, weight), factor);
        let threshold = alpha::log_threshold(alpha);
        [self.from_onset >= threshold, self.any_onset >= threshold]
    }
}
