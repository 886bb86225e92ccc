//! `EngineClock`: the time of a rollout, which never runs backwards and does not follow jumps of the wall clock.
//!
//! While the process runs, time is that of its monotonic clock. Between two processes it is that of the wall clock, as
//! far as it is beyond the latest time that was ever seen: several jumps forth and back do not add up.

use serde::Deserialize;
use serde::Serialize;

/// A time as the process reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EngineTime {
    /// The wall clock, in milliseconds since 1970.
    pub wall_ms: u64,
    /// The monotonic clock of the process, in milliseconds.
    pub uptime_ms: u64,
    /// The process: monotonic clocks of two processes are not comparable.
    pub session: u64,
}

/// The time of one rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct EngineClock {
    /// The milliseconds that have passed.
    pub elapsed_ms: u64,
    /// The last time that was read, with the latest wall time that was ever seen.
    last: Option<EngineTime>,
}

/// The longest time between two looks that is no interruption.
const MAX_GAP_MS: u64 = 300_000;

impl EngineClock {
    /// Moves the clock on; returns true after an interruption: measurements from before it say nothing about now.
    pub fn advance(&mut self, now: EngineTime) -> bool {
        let Some(last) = self.last else {
            self.last = Some(now);
            return false;
        };
        let same = last.session == now.session;
        let passed = if same {
            now.uptime_ms.saturating_sub(last.uptime_ms)
        } else {
            now.wall_ms.saturating_sub(last.wall_ms)
        };
        self.elapsed_ms = self.elapsed_ms.saturating_add(passed);
        self.last = Some(EngineTime {
            wall_ms: now.wall_ms.max(last.wall_ms),
            ..now
        });
        !same || passed > MAX_GAP_MS
    }

    /// The milliseconds since an earlier time of this clock.
    pub fn since(&self, earlier_ms: u64) -> u64 {
        self.elapsed_ms.saturating_sub(earlier_ms)
    }
}
