//! Exponential backoff with jitter between attempts.

use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::time::Duration;

use crate::source::Timing;

/// The delay before the next attempt.
#[derive(Debug)]
pub struct Backoff {
    initial: Duration,
    max: Duration,
    next: Duration,
}

impl Backoff {
    /// Returns the backoff before any failure.
    pub fn new(timing: Timing) -> Backoff {
        Backoff {
            initial: timing.initial_backoff,
            max: timing.max_backoff,
            next: timing.initial_backoff,
        }
    }

    /// Starts over after a success.
    pub fn reset(&mut self) {
        self.next = self.initial;
    }

    /// Returns the delay: between half and the whole of a span that doubles with each call.
    pub fn next_delay(&mut self) -> Duration {
        let span = self.next;
        self.next = (span * 2).min(self.max);
        let half = span / 2;
        half + half.mul_f64(random_fraction())
    }
}

/// Returns a number from 0 to 1 that differs from process to process and from call to call.
pub fn random_fraction() -> f64 {
    let random = RandomState::new().hash_one(0) >> 32;
    random as f64 / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delay_doubles_up_to_the_maximum_and_resets_on_success() {
        let mut backoff = Backoff::new(Timing::default());
        let mut span = Duration::from_millis(100);
        for _ in 0..20 {
            let wait = backoff.next_delay();
            assert!(wait >= span / 2 && wait <= span, "{wait:?} {span:?}");
            span = (span * 2).min(Duration::from_secs(60));
        }
        backoff.reset();
        assert!(backoff.next_delay() <= Duration::from_millis(100));
    }
}
