//! Answers before a rollout: how many failures and how long until a regression is caught, and what cannot be seen.

use crate::evidence::e_process::share_bet::odds_scaled;
use crate::evidence::log_math::ln;

/// The weight that a test of unknown size gives to the best of its six alternatives, from the start: `½ · 1/6`.
const COST_OF_UNKNOWN_SIZE: f64 = 12.0;

/// A rollout that is asked about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlannedRollout {
    /// The share of the treatment, between 0 and 1.
    pub share: f64,
    /// Units of both arms per minute.
    pub units_per_minute: f64,
    /// The share of units that fail in the control, between 0 and 1.
    pub base_rate: f64,
    /// The chance of a false alarm.
    pub alpha: f64,
}

/// The time until a regression is caught.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetectionTime {
    /// Failures of both arms: `ln(1/alpha) / KL(θ‖w)`, for a test that knows the size.
    pub failures: f64,
    /// Minutes until so many have failed.
    pub minutes: f64,
    /// Minutes for the comparison, which does not know the size; at most, on average.
    pub most_minutes: f64,
}

impl PlannedRollout {
    /// Returns the largest ratio that is possible: the treatment cannot fail more often than always.
    pub fn largest_ratio(&self) -> f64 {
        1.0 / self.base_rate
    }

    /// Returns the time until a ratio of error rates is caught, or `None` if the ratio is impossible or not worse.
    pub fn detection(&self, ratio: f64) -> Option<DetectionTime> {
        let possible = ratio > 1.0 && ratio <= self.largest_ratio();
        if !possible || self.share <= 0.0 || self.share >= 1.0 {
            return None;
        }
        let divergence = divergence(odds_scaled(self.share, ratio), self.share);
        let treatment = self.share * ratio * self.base_rate;
        let control = (1.0 - self.share) * self.base_rate;
        let per_minute = self.units_per_minute * (treatment + control);
        let failures = ln(1.0 / self.alpha) / divergence;
        let most = ln(COST_OF_UNKNOWN_SIZE / self.alpha) / divergence;
        Some(DetectionTime {
            failures,
            minutes: failures / per_minute,
            most_minutes: most / per_minute,
        })
    }

    /// Returns the smallest ratio that is caught within a time, or `None` if none is.
    pub fn smallest_ratio(&self, minutes: f64) -> Option<f64> {
        let caught = |ratio| {
            let time = self.detection(ratio);
            time.is_some_and(|time| time.most_minutes <= minutes)
        };
        let (mut low, mut high) = (1.0, self.largest_ratio());
        if !caught(high) {
            return None;
        }
        for _ in 0..100 {
            let middle = libm::sqrt(low * high);
            if caught(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        Some(high)
    }
}

/// Returns the Kullback-Leibler divergence of two coins, `p` from `q`.
pub fn divergence(p: f64, q: f64) -> f64 {
    p * ln(p / q) + (1.0 - p) * ln((1.0 - p) / (1.0 - q))
}
