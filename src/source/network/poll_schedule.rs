//! `PollSchedule`: poll times aligned to the clock, and shifted by a seed that spreads replicas.

use std::time::Duration;
use std::time::SystemTime;

/// Poll times at a fixed interval, counted from midnight UTC, as in flagd.
#[derive(Debug, Clone, Copy)]
pub struct PollSchedule {
    interval: u128,
    offset: u128,
}

const DAY_MILLIS: u128 = 86_400_000;

impl PollSchedule {
    /// A schedule with an interval and a seed; an empty seed does not shift it.
    pub fn new(interval: Duration, seed: &str) -> PollSchedule {
        let seconds = u32::try_from(interval.as_secs()).unwrap_or(u32::MAX);
        let shift = match (seed, seconds) {
            ("", _) | (_, 0) => 0,
            (seed, seconds) => fnv32a(seed.as_bytes()) % seconds,
        };
        PollSchedule {
            interval: interval.as_millis().max(1),
            offset: u128::from(shift) * 1000,
        }
    }

    /// Returns the time from `now` to the next poll.
    pub fn time_until_next(&self, now: SystemTime) -> Duration {
        let since = now.duration_since(SystemTime::UNIX_EPOCH);
        let now = since.unwrap_or_default().as_millis() % DAY_MILLIS;
        let elapsed = (now + self.interval - self.offset % self.interval) % self.interval;
        let left = u64::try_from(self.interval - elapsed);
        Duration::from_millis(left.unwrap_or(u64::MAX))
    }
}

/// FNV-1a with 32 bits, by which flagd turns a seed into a shift.
fn fnv32a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(interval: u64, seed: &str, now_millis: u64) -> u128 {
        let schedule = PollSchedule::new(Duration::from_secs(interval), seed);
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(now_millis);
        schedule.time_until_next(now).as_millis()
    }

    #[test]
    fn fnv32a_matches_published_vectors() {
        assert_eq!(fnv32a(b""), 0x811c_9dc5);
        assert_eq!(fnv32a(b"a"), 0xe40c_292c);
        assert_eq!(fnv32a(b"foobar"), 0xbf9c_f968);
    }

    #[test]
    fn polls_are_aligned_to_the_clock_and_shifted_by_the_seed() {
        assert_eq!(wait(5, "", 5300), 4700);
        assert_eq!(wait(5, "", 10_000), 5000);
        // 0xbf9cf968 % 30 = 10: at :10 and :40.
        assert_eq!(wait(30, "foobar", 0), 10_000);
        assert_eq!(wait(30, "foobar", 20_000), 20_000);
        assert_eq!(wait(86_400, "", 86_400_000 * 3 + 1000), 86_399_000);
    }
}
