//! A limit on a latency quantile, from the buckets of a histogram.
//!
//! "p99 ≤ 0.5 s" is "at most 1 % of the events take longer than 0.5 s". If the threshold lies between two bucket bounds,
//! the number of slower events is known only within a bracket.

/// The bucket bounds on both sides of a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatencyBracket {
    /// The largest finite bound that is not above the threshold. Events above it may be too slow.
    pub lower: Option<f64>,
    /// The smallest finite bound that is not below the threshold. Events above it are too slow.
    pub upper: Option<f64>,
}

/// The number of events beyond a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowEvents {
    /// Events above the upper bound.
    pub certain: u64,
    /// Events above the lower bound.
    pub possible: u64,
}

impl LatencyBracket {
    /// Finds the bounds for a threshold; the order of the bounds does not matter, infinite ones are ignored.
    pub fn new(bounds: impl IntoIterator<Item = f64>, threshold: f64) -> LatencyBracket {
        let mut bracket = LatencyBracket {
            lower: None,
            upper: None,
        };
        for bound in bounds.into_iter().filter(|bound| bound.is_finite()) {
            if bound <= threshold {
                bracket.lower = Some(bracket.lower.map_or(bound, |lower| lower.max(bound)));
            }
            if bound >= threshold {
                bracket.upper = Some(bracket.upper.map_or(bound, |upper| upper.min(bound)));
            }
        }
        bracket
    }

    /// Returns true if a bound equals the threshold.
    pub fn is_exact(&self) -> bool {
        self.lower.is_some() && self.lower == self.upper
    }

    /// Returns the slow events of an interval. `at_most` gives the number of events up to a bound (`le`).
    ///
    /// Without an upper bound no event is certainly slow, so the treatment cannot regress; without a lower one all are
    /// possibly slow, so it cannot be proven healthy.
    pub fn slow_events(&self, all: u64, at_most: impl Fn(f64) -> u64) -> SlowEvents {
        let above = |bound: f64| all.saturating_sub(at_most(bound));
        SlowEvents {
            certain: self.upper.map_or(0, &above),
            possible: self.lower.map_or(all, &above),
        }
    }
}
