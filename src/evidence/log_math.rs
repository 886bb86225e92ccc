//! Logarithms of probabilities. All functions come from `libm`, whose results are equal on every platform.

/// The logarithm that stands for zero. It is finite, so that states can be written as JSON.
pub const LOG_ZERO: f64 = f64::MIN;

/// Natural logarithm; [`LOG_ZERO`] for zero and below.
pub fn ln(value: f64) -> f64 {
    if value > 0.0 {
        libm::log(value)
    } else {
        LOG_ZERO
    }
}

/// Returns `ln(exp(a) + exp(b))`.
pub fn log_add(a: f64, b: f64) -> f64 {
    let (large, small) = if a >= b { (a, b) } else { (b, a) };
    if small == LOG_ZERO {
        return large;
    }
    large + libm::log1p(libm::exp(small - large))
}

/// Returns `ln` of the sum of the exponentials, summed in order.
pub fn log_sum(logs: impl IntoIterator<Item = f64>) -> f64 {
    logs.into_iter().fold(LOG_ZERO, log_add)
}

/// Returns the sum of two logarithms. Zero stays zero.
pub fn log_product(a: f64, b: f64) -> f64 {
    if a == LOG_ZERO || b == LOG_ZERO {
        return LOG_ZERO;
    }
    (a + b).max(LOG_ZERO)
}
