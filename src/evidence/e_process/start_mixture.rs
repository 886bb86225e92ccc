//! A mixture over the time at which a regression begins, and over its size.

use crate::evidence::log_math::LOG_ZERO;
use crate::evidence::log_math::ln;
use crate::evidence::log_math::log_add;
use crate::evidence::log_math::log_product;
use crate::evidence::log_math::log_sum;
use crate::evidence::state_values::StateValues;

/// Seconds between two possible starts of a regression. With hourly starts, a threefold error rate that begins between two
/// of them is found after 26 minutes in place of 20, because each start loses what came before or after it.
pub const START_INTERVAL: u64 = 300;

/// The weight of the first `k` starts is `k / (k + START_SPREAD)`: half of it falls on the first 12 hours, and it is
/// never used up.
const START_SPREAD: f64 = 43_200.0 / START_INTERVAL as f64;

/// An e-process of alternatives that begin with the stage, weight ½, or later, weight ½.
///
/// With factors `f` of mean at most 1, `E = mean_j(½·Π f_j + ½·(Σ_s π_s Π_{i ≥ s} f_ij + unspent))`. The sum is updated by
/// `M ← (M + π)·f`, so a look costs the same after a day as after a minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartMixture<const N: usize> {
    /// `ln Π f` since the first look, of each alternative.
    pub whole: [f64; N],
    /// `ln M`, of each alternative.
    pub late: [f64; N],
    /// The time of the first look.
    pub begun_at: u64,
    /// The starts that have been entered.
    pub starts: u64,
}

impl<const N: usize> Default for StartMixture<N> {
    fn default() -> StartMixture<N> {
        StartMixture {
            whole: [0.0; N],
            late: [LOG_ZERO; N],
            begun_at: 0,
            starts: 0,
        }
    }
}

impl<const N: usize> StartMixture<N> {
    /// Multiplies by the factors of a look, which are logarithms.
    ///
    /// INVARIANT: the number of starts depends on the time alone, never on outcomes.
    pub fn advance(&mut self, t: u64, log_factors: &[f64; N]) {
        if self.starts == 0 {
            self.begun_at = t;
        }
        let due = t.saturating_sub(self.begun_at) / START_INTERVAL + 1;
        let entering = unspent(self.starts) - unspent(due.max(self.starts));
        let log_entering = ln(entering);
        for ((whole, late), factor) in self.whole.iter_mut().zip(&mut self.late).zip(log_factors) {
            *whole = log_product(*whole, *factor);
            *late = log_product(log_add(*late, log_entering), *factor);
        }
        self.starts = due.max(self.starts);
    }

    /// Returns the logarithm of the e-value.
    pub fn log_e(&self) -> f64 {
        let log_unspent = ln(unspent(self.starts));
        let alternatives = self.whole.iter().zip(&self.late);
        let sum = alternatives.map(|(whole, late)| log_add(*whole, log_add(*late, log_unspent)));
        log_sum(sum) - ln(2.0 * N as f64)
    }
}

/// Returns the weight of the starts after the first `starts`.
fn unspent(starts: u64) -> f64 {
    START_SPREAD / (starts as f64 + START_SPREAD)
}

impl<const N: usize> StateValues for StartMixture<N> {
    fn write_values(&self, out: &mut Vec<f64>) {
        self.whole.write_values(out);
        self.late.write_values(out);
        self.begun_at.write_values(out);
        self.starts.write_values(out);
    }

    fn read_values(values: &mut impl Iterator<Item = f64>) -> Option<StartMixture<N>> {
        Some(StartMixture {
            whole: StateValues::read_values(values)?,
            late: StateValues::read_values(values)?,
            begun_at: StateValues::read_values(values)?,
            starts: StateValues::read_values(values)?,
        })
    }
}
