//! The waker of an HTTP/2 connection: a wake-up during a poll is left to the end of that poll.
//!
//! h2 wakes the connection's task for each response. Requests are polled in that task, which would therefore wake itself
//! for each request, and be in the run queue again at once: tokio would not read the sockets of other connections for up
//! to 61 turns.

use std::sync::Arc;
use std::task::Wake;
use std::task::Waker;

use futures_util::task::AtomicWaker;

use crate::sync_primitives::atomic::AtomicBool;
use crate::sync_primitives::atomic::Ordering;

/// The state of a connection's waker.
#[derive(Debug, Default)]
pub struct ConnectionWaker {
    is_polled: AtomicBool,
    woken: AtomicBool,
    task: AtomicWaker,
}

impl Wake for ConnectionWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // INVARIANT: this stores before it loads, and `end_poll` too, so that one of both sees the other.
        self.woken.store(true, Ordering::SeqCst);
        if !self.is_polled.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}

impl ConnectionWaker {
    /// Begins a poll of the connection's task.
    pub fn begin_poll(&self, task: &Waker) {
        self.task.register(task);
        self.is_polled.store(true, Ordering::SeqCst);
    }

    /// Forgets earlier wake-ups: whatever caused them is handled next.
    pub fn clear(&self) {
        self.woken.store(false, Ordering::SeqCst);
    }

    /// Ends a poll. Returns true if the task was woken since [`ConnectionWaker::clear`], and has to be polled again.
    pub fn end_poll(&self) -> bool {
        self.is_polled.store(false, Ordering::SeqCst);
        self.woken.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wakeup_during_a_poll_is_reported_at_its_end() {
        let task = Arc::new(ConnectionWaker::default());
        let task_waker = Waker::from(task.clone());
        let connection = Arc::new(ConnectionWaker::default());
        let waker = Waker::from(connection.clone());
        connection.begin_poll(&task_waker);
        waker.wake_by_ref();
        assert!(!task.woken.load(Ordering::SeqCst));
        assert!(connection.end_poll());
        connection.begin_poll(&task_waker);
        connection.clear();
        assert!(!connection.end_poll());
        waker.wake_by_ref();
        assert!(task.woken.load(Ordering::SeqCst));
    }
}
