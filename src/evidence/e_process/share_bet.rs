//! Treatment against control when only events are counted: a bet on the treatment's share of an interval's events.

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::e_process::comparison::ALTERNATIVES;

/// The part of the stake that may be lost in one interval.
const MOST_AT_STAKE: f64 = 0.99;

/// Bets on the share of events. The null hypothesis is that of [`super::comparison::Comparison`].
///
/// The expected share is `w` whatever the sizes of clusters inside the interval are, because each cluster falls into the
/// treatment with the probability `w`. So the mean of `1 + λ(x/n − w)` is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShareBet {
    ratio: f64,
}

impl ShareBet {
    /// Bets against the ratio that is still allowed, such as 1.
    pub fn new(ratio: f64) -> ShareBet {
        ShareBet { ratio }
    }

    /// Returns the logarithms of the factors of one look; `None` if an arm has no units.
    pub fn log_factors(&self, units: ArmCounts, bad: ArmCounts) -> Option<[f64; 6]> {
        let share = units.treatment_share()?;
        if bad.total() == 0 {
            return Some([0.0; 6]);
        }
        let null = odds_scaled(share, self.ratio);
        let observed = bad.treatment as f64 / bad.total() as f64;
        Some(ALTERNATIVES.map(|multiple| log_bet(observed, null, odds_scaled(null, multiple))))
    }
}

/// Returns the probability whose odds are `ratio` times those of `p`.
pub fn odds_scaled(p: f64, ratio: f64) -> f64 {
    ratio * p / (ratio * p + (1.0 - p))
}

/// Returns `ln(1 + λ(observed − null))`, with the λ that is best for small stakes if the mean is `alternative > null`.
pub fn log_bet(observed: f64, null: f64, alternative: f64) -> f64 {
    let best = (alternative - null) / (null * (1.0 - null));
    let stake = best.min(MOST_AT_STAKE / null);
    libm::log1p(stake * (observed - null))
}
