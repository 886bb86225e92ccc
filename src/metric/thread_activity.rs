//! `ThreadActivity`: the time since a thread was given work that it has not finished, such as a read of a file.
//!
//! The work ends within milliseconds. If it takes seconds, the thread waits for a file system or a pipe that does not
//! respond, or it does not run: it is stalled.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use crate::limits;
use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;

/// The activity of one thread.
#[derive(Debug)]
pub struct ThreadActivity {
    name: String,
    busy_since: Mutex<Option<Instant>>,
}

impl ThreadActivity {
    /// Returns the activity of an idle thread.
    pub fn new(name: impl Into<String>) -> ThreadActivity {
        ThreadActivity {
            name: name.into(),
            busy_since: Mutex::new(None),
        }
    }

    /// Records that the thread is about to be given work. It must then do an operation: a thread that is not woken
    /// counts as stalled.
    pub fn request(&self) {
        self.lock().get_or_insert_with(Instant::now);
    }

    /// Runs an operation, and records that it has begun until it ends.
    pub fn during<T>(&self, operation: impl FnOnce() -> T) -> T {
        self.request();
        let result = operation();
        *self.lock() = None;
        result
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.busy_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the time since the current operation was requested or has begun, if it is longer than [`limits::STALL_TIMEOUT`].
    pub fn stalled_for(&self) -> Option<Duration> {
        let since = *self.lock();
        since
            .map(|since| since.elapsed())
            .filter(|busy| *busy >= limits::STALL_TIMEOUT)
    }
}

/// The activities of all threads that may stall. Clones share the same list.
#[derive(Debug, Clone, Default)]
pub struct ThreadActivities(Arc<Mutex<Vec<Arc<ThreadActivity>>>>);

impl ThreadActivities {
    /// Adds a thread.
    pub fn add(&self, activity: Arc<ThreadActivity>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(activity);
    }

    /// Returns the name of each thread, and the duration of its stall if it is stalled.
    pub fn states(&self) -> Vec<(String, Option<Duration>)> {
        let threads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let threads = threads.iter();
        threads
            .map(|thread| (thread.name.clone(), thread.stalled_for()))
            .collect()
    }

    /// Returns the gauge of stalled threads.
    pub fn collect(&self) -> MetricFamily {
        let help = "1 if the thread has been busy with one operation for more than 3 s, else 0.";
        let mut family = MetricFamily::new("fanion.thread.stalled", "", MetricKind::Gauge, help);
        for (name, stalled) in self.states() {
            let value = f64::from(u8::from(stalled.is_some()));
            family.push(vec![("thread", name)], MetricValue::Number(value));
        }
        family
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requested_work_counts_from_its_request_until_it_is_done() {
        let activity = ThreadActivity::new("thread");
        activity.request();
        let since = *activity.lock();
        assert!(since.is_some());
        activity.request();
        activity.during(|| assert_eq!(*activity.lock(), since));
        assert_eq!(*activity.lock(), None);
    }
}
