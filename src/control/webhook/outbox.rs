//! `Outbox`: how far one endpoint is in the log of one environment. It has no I/O and no clock; callers pass the time.
//!
//! Events of a flag are sent one after the other. A flag whose event is not taken does not hold up others.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::VecDeque;

use serde::Deserialize;
use serde::Serialize;

/// The most events that wait, sent or not. Beyond them, the log waits: nothing is dropped.
pub const MAX_WAITING: usize = 1000;
/// The most dead letters. Beyond them, events are tried on.
pub const MAX_DEAD: usize = 100;
/// The delay after the first failure; it doubles with each.
const FIRST_DELAY_MS: u64 = 5_000;
/// The longest delay.
const MAX_DELAY_MS: u64 = 3_600_000;
/// The time from the first failure of an event until it is a dead letter: longer than a weekend.
pub const GIVE_UP_MS: u64 = 72 * 3_600_000;

/// How far one endpoint is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Outbox {
    /// The number of the last event that was taken up. All before it were delivered, wait in a lane, or are dead.
    pub cursor: u64,
    /// The waiting events, by flag; events of the environment as a whole have the empty key.
    pub lanes: BTreeMap<String, DeliveryLane>,
    /// The events that were given up, the oldest first.
    pub dead: VecDeque<DeadLetter>,
}

/// The waiting events of one flag.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeliveryLane {
    /// Their numbers, in order.
    pub events: VecDeque<u64>,
    /// The failed attempts of the first one.
    pub attempts: u32,
    /// The time of its first failure.
    pub failing_since_ms: Option<u64>,
    /// The time of its next attempt.
    pub next_ms: u64,
}

/// An event that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// The number of the event.
    pub event: u64,
    /// The flag; empty for the environment as a whole.
    pub flag: String,
    /// The failed attempts.
    pub attempts: u32,
    /// The time when it was given up.
    pub at_ms: u64,
    /// Why the last attempt failed.
    pub why: String,
}

impl Outbox {
    /// An outbox that sends events after this one.
    pub fn after(cursor: u64) -> Outbox {
        Outbox {
            cursor,
            ..Outbox::default()
        }
    }

    /// The number of waiting events.
    pub fn waiting(&self) -> usize {
        self.lanes.values().map(|lane| lane.events.len()).sum()
    }

    /// Returns true if no further event can be taken up.
    pub fn is_full(&self) -> bool {
        self.waiting() >= MAX_WAITING
    }

    /// Takes up the event after the cursor.
    pub fn take_up(&mut self, event: u64, flag: &str) {
        if event > self.cursor {
            self.cursor = event;
            let lane = self.lanes.entry(flag.to_owned()).or_default();
            lane.events.push_back(event);
        }
    }

    /// The next event to send: that of the lane whose time came first.
    pub fn due(&self, now_ms: u64) -> Option<(&str, u64)> {
        let (flag, lane) = self.next()?;
        let event = lane.events.front()?;
        (lane.next_ms <= now_ms).then_some((flag, *event))
    }

    /// The time of the next attempt.
    pub fn next_ms(&self) -> Option<u64> {
        self.next().map(|(_, lane)| lane.next_ms)
    }

    fn next(&self) -> Option<(&str, &DeliveryLane)> {
        let lanes = self.lanes.iter();
        let next = lanes.min_by_key(|(_, lane)| (lane.next_ms, lane.events.front().copied()));
        next.map(|(flag, lane)| (flag.as_str(), lane))
    }

    /// Records that the first event of a lane was delivered.
    pub fn delivered(&mut self, flag: &str) {
        self.advance(flag);
    }

    /// Records that the first event of a lane was not delivered. `jitter` is from 0 to 1.
    pub fn failed(&mut self, flag: &str, now_ms: u64, why: &str, jitter: f64) {
        let has_room = self.dead.len() < MAX_DEAD;
        let Some(lane) = self.lanes.get_mut(flag) else {
            return;
        };
        lane.attempts = lane.attempts.saturating_add(1);
        let since = *lane.failing_since_ms.get_or_insert(now_ms);
        let event = lane.events.front().copied().unwrap_or_default();
        if now_ms.saturating_sub(since) < GIVE_UP_MS || !has_room {
            lane.next_ms = now_ms + delay_ms(lane.attempts, jitter);
            return;
        }
        let letter = DeadLetter {
            event,
            flag: flag.to_owned(),
            attempts: lane.attempts,
            at_ms: now_ms,
            why: why.to_owned(),
        };
        self.dead.push_back(letter);
        self.advance(flag);
    }

    /// Sends everything at once: dead letters again, before newer events of the same flag, and what waits for its time.
    pub fn retry_all(&mut self) {
        for letter in self.dead.drain(..) {
            let lane = self.lanes.entry(letter.flag).or_default();
            lane.events.push_back(letter.event);
            lane.events.make_contiguous().sort_unstable();
        }
        for lane in self.lanes.values_mut() {
            (lane.attempts, lane.failing_since_ms, lane.next_ms) = (0, None, 0);
        }
    }

    /// Removes the first event of a lane.
    fn advance(&mut self, flag: &str) {
        let Some(lane) = self.lanes.get_mut(flag) else {
            return;
        };
        lane.events.pop_front();
        (lane.attempts, lane.failing_since_ms, lane.next_ms) = (0, None, 0);
        if lane.events.is_empty() {
            self.lanes.remove(flag);
        }
    }
}

/// The delay before the next attempt: between half and the whole of a span that doubles with each.
fn delay_ms(attempts: u32, jitter: f64) -> u64 {
    let doublings = attempts.saturating_sub(1).min(20);
    let span = (FIRST_DELAY_MS << doublings).min(MAX_DELAY_MS);
    let half = span / 2;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most an hour, and not negative"
    )]
    let more = (half as f64 * jitter.clamp(0.0, 1.0)) as u64;
    half + more
}
