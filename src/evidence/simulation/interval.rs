//! Confidence intervals of simulated proportions.

/// The 99.5 % quantile of the normal distribution.
const NORMAL_QUANTILE: f64 = 2.575_829_303_548_901;

/// Returns Wilson's interval of a proportion with 99 % confidence.
pub fn wilson_bounds(hits: usize, trials: usize) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let (n, z2) = (trials as f64, NORMAL_QUANTILE * NORMAL_QUANTILE);
    let rate = hits as f64 / n;
    let middle = (rate + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let variance = rate * (1.0 - rate) / n + z2 / (4.0 * n * n);
    let half = NORMAL_QUANTILE * libm::sqrt(variance) / (1.0 + z2 / n);
    ((middle - half).max(0.0), (middle + half).min(1.0))
}
