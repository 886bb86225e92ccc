//! Returns free heap memory to the kernel after bursts.
//!
//! glibc keeps freed memory for later use: after five thousand HTTP/2 connections, a hundred MiB. A pod would pay for its
//! largest burst until it ends. Nothing runs while the process is idle.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::watch;

use crate::metric::process;

/// Returns all free heap memory to the kernel. Takes milliseconds, during which threads that allocate may wait.
pub type ReleaseHeap = fn();

/// The time between a notification and the release, and the least time between two releases.
pub const DELAY: Duration = Duration::from_secs(15);
/// How much resident memory above the lowest so far is worth a release, in bytes. Memory that is freed later does not
/// make it grow, so that it is not compared with the memory after the last release.
const WORTHWHILE: u64 = 1024 * 1024;
/// After a release that returned less than this, in bytes, the next one waits three times as long: the memory is in use.
const SUCCESS: u64 = 256 * 1024;

/// Releases memory after connections have ended, flags have changed or probes were answered, until it is dropped.
pub async fn run(
    release: ReleaseHeap,
    delay: Duration,
    freed: Arc<Notify>,
    mut generation: watch::Receiver<u64>,
) {
    let mut schedule = ReleaseSchedule::default();
    loop {
        tokio::select! {
            () = freed.notified() => {}
            Ok(()) = generation.changed() => {}
        }
        tokio::time::sleep(delay * schedule.delays()).await;
        let before = process::resident_bytes();
        if schedule.is_due(before) {
            // Not on this thread, which answers probes.
            let _ = tokio::task::spawn_blocking(release).await;
            schedule.record(before, process::resident_bytes());
        }
    }
}

/// Decides when a release is worth its time.
#[derive(Debug, Default)]
struct ReleaseSchedule {
    /// The lowest resident memory since the first release, in bytes.
    lowest: u64,
    /// True if the last release returned little.
    was_useless: bool,
}

impl ReleaseSchedule {
    /// The number of delays before the next release.
    fn delays(&self) -> u32 {
        if self.was_useless { 3 } else { 1 }
    }

    fn is_due(&mut self, resident: u64) -> bool {
        let is_due = resident >= self.lowest + WORTHWHILE;
        if !is_due {
            self.lowest = self.lowest.min(resident);
            self.was_useless = false;
        }
        is_due
    }

    fn record(&mut self, before: u64, after: u64) {
        let is_first = self.lowest == 0;
        self.lowest = if is_first {
            after
        } else {
            self.lowest.min(after)
        };
        self.was_useless = before.saturating_sub(after) < SUCCESS;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::sync::atomic::Ordering;

    use super::*;

    #[test]
    fn memory_that_is_freed_after_a_release_is_released_as_well() {
        const MIB: u64 = 1024 * 1024;
        let mut schedule = ReleaseSchedule::default();
        assert!(schedule.is_due(12 * MIB), "the garbage of the start");
        schedule.record(12 * MIB, 10 * MIB);
        assert!(!schedule.is_due(10 * MIB + MIB / 2));
        // Connections are open, and closed later.
        assert!(schedule.is_due(20 * MIB));
        schedule.record(20 * MIB, 20 * MIB);
        assert_eq!(schedule.delays(), 3);
        assert!(schedule.is_due(20 * MIB));
        schedule.record(20 * MIB, 10 * MIB);
        assert_eq!(schedule.delays(), 1);
        assert!(!schedule.is_due(10 * MIB));
    }

    static RELEASED: AtomicBool = AtomicBool::new(false);

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn memory_is_released_after_a_notification() {
        let freed = Arc::new(Notify::new());
        let generation = watch::Sender::new(0);
        let release = || RELEASED.store(true, Ordering::SeqCst);
        let delay = Duration::from_millis(1);
        let run = run(release, delay, freed.clone(), generation.subscribe());
        let until_released = async {
            assert!(!RELEASED.load(Ordering::SeqCst), "released while idle");
            freed.notify_one();
            while !RELEASED.load(Ordering::SeqCst) {
                tokio::time::sleep(delay).await;
            }
        };
        let deadline = Duration::from_secs(20);
        let released = tokio::time::timeout(deadline, async {
            tokio::select! {
                () = run => {}
                () = until_released => {}
            }
        });
        assert!(released.await.is_ok(), "nothing is released");
    }
}
