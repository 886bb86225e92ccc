//! A check that units fall into the arms by the weights of the assignment (sample ratio mismatch).

use crate::evidence::log_math::ln;

/// The weight of the assignment against the counts, in units. Larger values find smaller deviations, but later.
const CONCENTRATION: f64 = 100.0;

/// The e-value from which the assignment is a mismatch. Such a mismatch is an error of the experiment and has nothing to do
/// with the treatment's quality, so it takes no part of alpha.
pub const MISMATCH: f64 = 1000.0;

/// `½·ln(2π)`
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;

/// Returns the logarithm of the Dirichlet-multinomial e-value of counts against weights, which sum to 1.
///
/// The Dirichlet distribution has the parameters `CONCENTRATION · weight`. With `z = CONCENTRATION · weight + count` and `Z`
/// their sum, Stirling's formula turns the difference of large terms into `Σ z·ln(z / (Z·weight))` and small ones.
pub fn log_e(counts: &[u64], weights: &[f64]) -> f64 {
    let used = || {
        counts
            .iter()
            .zip(weights)
            .filter(|(_, weight)| **weight > 0.0)
    };
    let absent = counts.iter().zip(weights);
    if absent
        .clone()
        .any(|(count, weight)| *weight <= 0.0 && *count > 0)
    {
        return f64::MAX;
    }
    let total: f64 = used().map(|(count, _)| *count as f64).sum();
    let posterior = term(total, used());
    let prior = term(0.0, used().map(|(_, weight)| (&0, weight)));
    posterior - prior
}

/// Returns the part that depends on the counts.
fn term<'a>(total: f64, arms: impl Iterator<Item = (&'a u64, &'a f64)>) -> f64 {
    let whole = CONCENTRATION + total;
    let mut sum = 0.5 * ln(whole) - stirling_rest(whole);
    for (count, weight) in arms {
        let part = CONCENTRATION * weight + *count as f64;
        let deviation = (*count as f64 - total * weight) / (whole * weight);
        sum += part * log_ratio(part, whole * weight, deviation);
        sum += stirling_rest(part) - 0.5 * ln(part) + HALF_LN_TAU;
    }
    sum
}

/// Returns `ln(part / expected)`, where `deviation` is `part / expected − 1`.
fn log_ratio(part: f64, expected: f64, deviation: f64) -> f64 {
    if deviation.abs() < 0.5 {
        libm::log1p(deviation)
    } else {
        ln(part / expected)
    }
}

/// Returns `lnΓ(z) − ((z − ½)·ln z − z + ½·ln 2π)`.
fn stirling_rest(z: f64) -> f64 {
    if z < 20.0 {
        return libm::lgamma(z) - ((z - 0.5) * ln(z) - z + HALF_LN_TAU);
    }
    let inverse = 1.0 / (z * z);
    let series = 1.0 / 1260.0 - inverse * (1.0 / 1680.0 - inverse / 1188.0);
    (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * series)) / z
}
