//! Periodic reminders of a stale source, and periodic touches of its documents in the state directory.

use std::time::Duration;
use std::time::SystemTime;

use crate::source::Timing;
use crate::source::status::SourceHealth;
use crate::source::status::SourceStatus;

/// The time between two updates of a document's time in the state directory.
pub const TOUCH_INTERVAL: Duration = Duration::from_secs(60);

/// The times of the last reminder and the last touch of a source.
#[derive(Debug, Default)]
pub struct Reminders {
    last_reminder: Option<SystemTime>,
    last_touch: Option<SystemTime>,
}

impl Reminders {
    /// Logs periodically that the flags are stale, or that there are none.
    pub fn remind(&mut self, status: &SourceStatus, now: SystemTime, timing: Timing) {
        let state = status.health();
        if !self.is_reminder_due(&state, now, timing) {
            return;
        }
        let source = &*status.redacted_name;
        let error = state.last_error.as_ref().map_or("", |(_, why)| why);
        if state.has_flags() {
            let age_seconds = state.age(now).map(|age| age.as_secs());
            let age = age_seconds.map_or_else(
                || "of unknown age".to_owned(),
                |seconds| format!("{seconds} s old"),
            );
            tracing::warn!(
                source,
                age_seconds,
                error,
                "the source still fails; serving its last good flags, {age}"
            );
        } else {
            tracing::warn!(
                source,
                error,
                "not ready: the source still fails; no flags from this source yet"
            );
        }
    }

    fn is_reminder_due(&mut self, state: &SourceHealth, now: SystemTime, timing: Timing) -> bool {
        let Some(since) = state.failing_since else {
            self.last_reminder = None;
            return false;
        };
        let every = if state.has_flags() {
            timing.stale_reminder_interval
        } else {
            timing.unready_reminder_interval
        };
        let last = self.last_reminder.unwrap_or(since);
        let due = now.duration_since(last).unwrap_or_default() >= every;
        if due {
            self.last_reminder = Some(now);
        }
        due
    }

    /// Returns true if the documents in the state directory must be marked as up to date.
    pub fn is_touch_due(&mut self, status: &SourceStatus, now: SystemTime) -> bool {
        let last = *self.last_touch.get_or_insert(now);
        let early = now.duration_since(last).unwrap_or_default() < TOUCH_INTERVAL;
        if early || status.health().is_stale() {
            return false;
        }
        self.last_touch = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::error::SourceError;
    use crate::source::spec::SourceSpec;

    #[test]
    fn failing_source_is_reported_once_per_cause_and_reminded() {
        let status = SourceStatus::new(&SourceSpec::from_path("flags.json"));
        let error = |why: &str| SourceError::TaskPanicked(why.to_owned());
        let mut reminders = Reminders::default();
        let begun = SystemTime::UNIX_EPOCH;
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut due =
            |seconds| reminders.is_reminder_due(&status.health(), at(seconds), Timing::default());
        assert!(!due(0));
        status.record_accepted(at(0));
        assert!(status.record_failure(at(0), &error("gone")));
        assert!(!status.record_failure(at(1), &error("gone")));
        assert!(status.record_failure(at(2), &error("broken")));
        let told = [299, 300, 301, 599, 600].map(&mut due);
        assert_eq!(told, [false, true, false, false, true]);
        assert_eq!(status.health().age(at(600)), Some(Duration::from_secs(600)));
        status.record_up_to_date(at(601));
        assert!(!due(2000));
        assert_eq!(status.health().age(at(2000)), None);
        assert!(status.record_failure(at(2001), &error("broken")));
    }

    #[test]
    fn source_without_flags_is_reminded_every_minute() {
        let status = SourceStatus::new(&SourceSpec::from_path("flags.json"));
        let mut reminders = Reminders::default();
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        status.record_failure(at(0), &SourceError::TaskEnded);
        let told = [59, 60, 61, 119, 120].map(|seconds| {
            reminders.is_reminder_due(&status.health(), at(seconds), Timing::default())
        });
        assert_eq!(told, [false, true, false, false, true]);
    }
}
