//! Likelihood ratios of a binary outcome whose odds are multiplied by a ratio.

use crate::evidence::log_math::ln;

/// A null hypothesis and alternatives, as ratios of odds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OddsAlternatives<const N: usize> {
    null: f64,
    ratios: [f64; N],
    log_gains: [f64; N],
}

impl<const N: usize> OddsAlternatives<N> {
    /// The alternatives `null * multiples[j]`.
    pub fn new(null: f64, multiples: [f64; N]) -> OddsAlternatives<N> {
        OddsAlternatives {
            null,
            ratios: multiples.map(|multiple| null * multiple),
            log_gains: multiples.map(ln),
        }
    }

    /// Returns the logarithm of the likelihood ratio of each alternative: `hits` of `trials` where a hit has the
    /// probability `θ(ρ) = ρ·share / (ρ·share + 1 − share)`.
    ///
    /// Let `D = 1 + (r − null)·share / (null·share + 1 − share)`. Then `θ(r)/θ(null) = (r/null)/D` and
    /// `(1 − θ(r))/(1 − θ(null)) = 1/D`, so the ratio is `(r/null)^hits / D^trials`. Nothing cancels in this form, also for
    /// a share of 1e-6.
    pub fn log_factors(&self, hits: u64, trials: u64, share: f64) -> [f64; N] {
        let (hits, trials) = (hits as f64, trials as f64);
        let base = self.null * share + (1.0 - share);
        let mut factors = self.log_gains;
        for (factor, ratio) in factors.iter_mut().zip(self.ratios) {
            let log_d = libm::log1p((ratio - self.null) * share / base);
            *factor = hits * *factor - trials * log_d;
        }
        factors
    }
}
