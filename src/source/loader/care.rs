//! What is said of a source, once per cause and again from time to time.

use std::time::Duration;
use std::time::SystemTime;

use crate::source::status::Status;
use crate::source::status::Trouble;

/// How often the time of a document in the state directory is brought up to date.
const TOUCH: Duration = Duration::from_secs(60);

/// When things were done last.
#[derive(Debug, Default)]
pub struct Care {
    reminded: Option<SystemTime>,
    touched: Option<SystemTime>,
}

impl Care {
    /// Says from time to time that the flags are not known to be the newest.
    pub fn remind(&mut self, status: &Status, now: SystemTime, every: Duration) {
        if !self.is_reminder_due(status, now, every) {
            return;
        }
        let state = status.read();
        let source = &*status.label;
        let error = state.last_error.as_ref().map_or("", |(_, why)| why);
        if let Some(age) = state.age(now) {
            let age_seconds = age.as_secs();
            tracing::warn!(source, age_seconds, error, "the flags are stale");
        } else {
            tracing::warn!(source, error, "the source has brought no flags yet");
        }
    }

    fn is_reminder_due(&mut self, status: &Status, now: SystemTime, every: Duration) -> bool {
        let Some(since) = status.read().failing_since else {
            self.reminded = None;
            return false;
        };
        let last = self.reminded.unwrap_or(since);
        let due = now.duration_since(last).unwrap_or_default() >= every;
        if due {
            self.reminded = Some(now);
        }
        due
    }

    /// Whether the state directory should be told that its documents are still the newest.
    pub fn is_touch_due(&mut self, status: &Status, now: SystemTime) -> bool {
        let last = *self.touched.get_or_insert(now);
        let early = now.duration_since(last).unwrap_or_default() < TOUCH;
        if early || status.read().is_stale() {
            return false;
        }
        self.touched = Some(now);
        true
    }
}

/// Notes what went wrong with a network source, and says so if that is news.
pub fn complain(status: &Status, kept: bool, trouble: Trouble, why: &str) {
    let now = SystemTime::now();
    let source = &*status.label;
    if !status.trouble(now, trouble, why) {
        tracing::debug!(source, error = why, "the source still has no good document");
        return;
    }
    let age_seconds = status.read().age(now).map(|age| age.as_secs());
    match trouble {
        Trouble::Refused => {
            tracing::error!(
                source,
                kept,
                age_seconds,
                error = why,
                "the document is refused; the last good flags, if any, stay in force"
            );
        }
        Trouble::Failed => {
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
pub fn lament(status: &Status) -> String {
    let why = status.read().last_error;
    let why = why.map_or_else(String::new, |(_, why)| format!(": {why}"));
    format!("error from sync provider {}{why}", status.label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::spec::Spec;

    #[test]
    fn a_source_that_stays_away_is_spoken_of_once_per_cause_and_from_time_to_time() {
        let status = Status::new(&Spec::file("flags.json"));
        let mut care = Care::default();
        let begun = SystemTime::UNIX_EPOCH;
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut due =
            |seconds| care.is_reminder_due(&status, at(seconds), Duration::from_secs(300));
        assert!(!due(0));
        status.accepted(at(0));
        assert!(status.trouble(at(0), Trouble::Failed, "gone"));
        assert!(!status.trouble(at(1), Trouble::Failed, "gone"));
        assert!(status.trouble(at(2), Trouble::Failed, "broken"));
        let told = [299, 300, 301, 599, 600].map(&mut due);
        assert_eq!(told, [false, true, false, false, true]);
        assert_eq!(status.read().age(at(600)), Some(Duration::from_secs(600)));
        status.confirmed(at(601));
        assert!(!due(2000));
        assert_eq!(status.read().age(at(2000)), None);
        assert!(status.trouble(at(2001), Trouble::Failed, "broken"));
    }
}
