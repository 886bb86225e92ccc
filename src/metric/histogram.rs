//! A histogram over fixed buckets, of durations or sizes.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::metric::family::MetricValue;

/// A distribution over fixed buckets, in nanoseconds or bytes.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// The number of observed units in one exported unit.
    unit_divisor: f64,
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    /// Returns a histogram of durations, with bounds in nanoseconds; exported in seconds.
    pub fn for_durations(bounds: &'static [u64]) -> Histogram {
        Histogram::new(bounds, 1e9)
    }

    /// Returns a histogram of sizes in bytes.
    pub fn for_sizes(bounds: &'static [u64]) -> Histogram {
        Histogram::new(bounds, 1.0)
    }

    fn new(bounds: &'static [u64], unit_divisor: f64) -> Histogram {
        Histogram {
            bounds,
            unit_divisor,
            counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }
    }

    /// Counts a duration.
    pub fn observe_duration(&self, duration: Duration) {
        self.observe(saturating_nanos(duration));
    }

    /// Counts a size in bytes or a duration in nanoseconds.
    pub fn observe(&self, value: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Returns true if nothing was observed.
    pub fn is_empty(&self) -> bool {
        self.counts
            .iter()
            .all(|count| count.load(Ordering::Relaxed) == 0)
    }

    /// Returns the current distribution.
    pub fn collect(&self) -> MetricValue {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        MetricValue::Distribution {
            bounds: self
                .bounds
                .iter()
                .map(|b| *b as f64 / self.unit_divisor)
                .collect(),
            counts: self.counts.iter().map(load).collect(),
            sum: load(&self.sum) as f64 / self.unit_divisor,
        }
    }
}

/// Returns whole nanoseconds; `u64::MAX` if they overflow, after five centuries.
fn saturating_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_upper_bound_is_inclusive() {
        let histogram = Histogram::for_durations(&[1_000, 5_000_000]);
        for nanos in [0, 1_000, 1_001, 5_000_000, 5_000_001] {
            histogram.observe(nanos);
        }
        let want = MetricValue::Distribution {
            bounds: vec![1e-6, 0.005],
            counts: vec![2, 2, 1],
            sum: 0.010_002_002,
        };
        assert_eq!(histogram.collect(), want);
    }
}
