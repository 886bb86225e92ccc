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
/// The growth of the resident memory since the last release from which on the next one is worth its time, in bytes.
const WORTHWHILE: u64 = 1024 * 1024;

/// Releases memory after connections have ended, flags have changed or probes were answered, until it is dropped.
pub async fn run(
    release: ReleaseHeap,
    delay: Duration,
    freed: Arc<Notify>,
    mut generation: watch::Receiver<u64>,
) {
    let mut least = 0;
    loop {
        tokio::select! {
            () = freed.notified() => {}
            Ok(()) = generation.changed() => {}
        }
        tokio::time::sleep(delay).await;
        let resident = process::resident_bytes();
        least = if resident >= least + WORTHWHILE {
            // Not on this thread, which answers probes.
            let _ = tokio::task::spawn_blocking(release).await;
            process::resident_bytes()
        } else {
            least.min(resident)
        };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::sync::atomic::Ordering;

    use super::*;

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
