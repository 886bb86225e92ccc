//! The chance of a false alarm, divided over stages and guardrails.

use crate::evidence::log_math::LOG_ZERO;
use crate::evidence::log_math::ln;
use crate::evidence::log_math::log_sum;

/// Returns the alpha of each stage: `alpha` times the stage's part of all shares.
///
/// The chances of the stages add up to at most `alpha`. E-values of several stages are never multiplied: the same users are
/// in each of them, so they are not independent.
pub fn by_stage(alpha: f64, shares: &[f64]) -> Vec<f64> {
    let total: f64 = shares.iter().sum();
    shares.iter().map(|share| alpha * share / total).collect()
}

/// Returns `ln Σ v_m·E_m` of guardrails with their weights `v_m`, which are scaled to sum to 1.
///
/// A weighted mean of e-values is an e-value, so guardrails may be judged together: the stage has regressed if the result
/// is at least [`log_threshold`] of the stage's alpha.
pub fn combined_log_e(weighted: &[(f64, f64)]) -> f64 {
    let total: f64 = weighted.iter().map(|(weight, _)| weight).sum();
    let terms = weighted.iter().filter(|(weight, _)| *weight > 0.0);
    if total <= 0.0 {
        return LOG_ZERO;
    }
    log_sum(terms.map(|(weight, log_e)| ln(*weight) + log_e)) - ln(total)
}

/// Returns `ln(1/alpha)`, the logarithm of the e-value that decides.
pub fn log_threshold(alpha: f64) -> f64 {
    -ln(alpha)
}
