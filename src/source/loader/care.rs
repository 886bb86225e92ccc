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
        let state = status.read();
        let Some(since) = state.failing_since else {
            self.reminded = None;
            return;
        };
        let last = self.reminded.unwrap_or(since);
        if now.duration_since(last).unwrap_or_default() < every {
            return;
        }
        self.reminded = Some(now);
        let source = &*status.label;
        let error = state.last_error.as_ref().map_or("", |(_, why)| why);
        if let Some(age) = state.age(now) {
            let age_seconds = age.as_secs();
            tracing::warn!(source, age_seconds, error, "the flags are stale");
        } else {
            tracing::warn!(source, error, "the source has brought no flags yet");
        }
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
