//! `EndedConnections`: the number of connections that have ended since their memory was returned to the kernel.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tokio::sync::Notify;

/// Counts connections that have ended, and wakes the task that returns their memory.
#[derive(Debug, Default)]
pub struct EndedConnections {
    count: AtomicUsize,
    changed: Notify,
}

impl EndedConnections {
    /// Records that a connection has ended.
    pub fn record(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// Wakes the task although no connection has ended: other memory may have become free.
    pub fn wake(&self) {
        self.changed.notify_one();
    }

    /// Waits for a connection that has ended, or for [`EndedConnections::wake`], since the last wait.
    pub async fn wait(&self) {
        self.changed.notified().await;
    }

    /// Returns the number since the last reset.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Counts from 0 again.
    pub fn reset(&self) {
        self.count.store(0, Ordering::Relaxed);
    }
}
