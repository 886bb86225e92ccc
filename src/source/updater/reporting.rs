//! What is said of a source, once per cause and again from time to time.

use std::time::Duration;
use std::time::SystemTime;

use crate::source::status::FailureKind;
use crate::source::status::SourceStatus;

/// How often the time of a document in the state directory is brought up to date.
const TOUCH_INTERVAL: Duration = Duration::from_secs(60);

/// When things were done last.
#[derive(Debug, Default)]
pub struct Reminders {
    last_reminder: Option<SystemTime>,
    last_touch: Option<SystemTime>,
}

impl Reminders {
    /// Says from time to time that the flags are not known to be the newest.
    pub fn remind(&mut self, status: &SourceStatus, now: SystemTime, every: Duration) {
        if !self.is_reminder_due(status, now, every) {
            return;
        }
        let state = status.health();
        let source = &*status.redacted_name;
        let error = state.last_error.as_ref().map_or("", |(_, why)| why);
        if let Some(age) = state.age(now) {
            let age_seconds = age.as_secs();
            tracing::warn!(source, age_seconds, error, "the flags are stale");
        } else {
            tracing::warn!(source, error, "the source has brought no flags yet");
        }
    }

    fn is_reminder_due(&mut self, status: &SourceStatus, now: SystemTime, every: Duration) -> bool {
        let Some(since) = status.health().failing_since else {
            self.last_reminder = None;
            return false;
        };
        let last = self.last_reminder.unwrap_or(since);
        let due = now.duration_since(last).unwrap_or_default() >= every;
        if due {
            self.last_reminder = Some(now);
        }
        due
    }

    /// Whether the state directory should be told that its documents are still the newest.
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

/// Notes what went wrong with a network source, and says so if that is news.
pub fn report_failure(status: &SourceStatus, kept: bool, kind: FailureKind, why: &str) {
    let now = SystemTime::now();
    let source = &*status.redacted_name;
    if !status.record_failure(now, kind, why) {
        tracing::debug!(source, error = why, "the source still has no good document");
        return;
    }
    let age_seconds = status.health().age(now).map(|age| age.as_secs());
    match kind {
        FailureKind::InvalidDocument => {
            tracing::error!(
                source,
                kept,
                age_seconds,
                error = why,
                "the document is refused; the last good flags, if any, stay in force"
            );
        }
        FailureKind::Unavailable => {
            tracing::error!(
                source,
                kept,
                age_seconds,
                error = why,
                "the source cannot be reached; the last good flags, if any, stay in force"
            );
        }
    }
}

/// Why there are no flags, for somebody who insists on them.
pub fn startup_error(status: &SourceStatus) -> String {
    let why = status.health().last_error;
    let why = why.map_or_else(String::new, |(_, why)| format!(": {why}"));
    format!("error from sync provider {}{why}", status.redacted_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::spec::SourceSpec;

    #[test]
    fn failing_source_is_reported_once_per_cause_and_reminded() {
        let status = SourceStatus::new(&SourceSpec::from_path("flags.json"));
        let mut care = Reminders::default();
        let begun = SystemTime::UNIX_EPOCH;
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut due =
            |seconds| care.is_reminder_due(&status, at(seconds), Duration::from_secs(300));
        assert!(!due(0));
        status.record_accepted(at(0));
        assert!(status.record_failure(at(0), FailureKind::Unavailable, "gone"));
        assert!(!status.record_failure(at(1), FailureKind::Unavailable, "gone"));
        assert!(status.record_failure(at(2), FailureKind::Unavailable, "broken"));
        let told = [299, 300, 301, 599, 600].map(&mut due);
        assert_eq!(told, [false, true, false, false, true]);
        assert_eq!(status.health().age(at(600)), Some(Duration::from_secs(600)));
        status.record_up_to_date(at(601));
        assert!(!due(2000));
        assert_eq!(status.health().age(at(2000)), None);
        assert!(status.record_failure(at(2001), FailureKind::Unavailable, "broken"));
    }
}
