//! Returns free heap memory to the kernel after bursts.
//!
//! glibc keeps freed memory for later use: after five thousand HTTP/2 connections, a hundred MiB. A pod would pay for its
//! largest burst until it ends. Nothing runs while the process is idle.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::metric::process;
use crate::serve::listen::ended_connections::EndedConnections;

/// Returns all free heap memory to the kernel. Takes milliseconds, during which threads that allocate may wait.
pub type ReleaseHeap = fn();

/// The time between a notification and the release, and the least time between two releases.
pub const DELAY: Duration = Duration::from_secs(15);
/// The growth of the resident memory since the last release that is worth the next one, in bytes.
const GROWTH: u64 = 1024 * 1024;
/// The number of connections since the last release whose memory is worth the next one. Memory that was in use at a
/// release and is freed later does not make the resident memory grow.
const CONNECTIONS: usize = 16;

/// Releases memory after connections have ended, flags have changed or probes were answered, until it is dropped.
pub async fn run(
    release: ReleaseHeap,
    delay: Duration,
    ended: Arc<EndedConnections>,
    mut generation: watch::Receiver<u64>,
) {
    let mut have_flags_changed = false;
    let mut after_last = 0;
    loop {
        tokio::select! {
            () = ended.wait() => {}
            Ok(()) = generation.changed() => have_flags_changed = true,
        }
        tokio::time::sleep(delay).await;
        let resident = process::resident_bytes();
        let has_grown = resident >= after_last + GROWTH;
        if has_grown || have_flags_changed || ended.count() >= CONNECTIONS {
            ended.reset();
            have_flags_changed = false;
            // Not on this thread, which answers probes.
            let _ = tokio::task::spawn_blocking(release).await;
            after_last = process::resident_bytes();
        } else {
            after_last = after_last.min(resident);
        }
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
    async fn memory_is_released_after_connections_have_ended() {
        let ended = Arc::new(EndedConnections::default());
        let generation = watch::Sender::new(0);
        let release = || RELEASED.store(true, Ordering::SeqCst);
        let delay = Duration::from_millis(1);
        let run = run(release, delay, ended.clone(), generation.subscribe());
        let until_released = async {
            assert!(!RELEASED.load(Ordering::SeqCst), "released while idle");
            ended.record();
            while !RELEASED.swap(false, Ordering::SeqCst) {
                tokio::time::sleep(delay).await;
            }
            // The resident memory does not grow, but the connections have freed memory.
            (0..CONNECTIONS).for_each(|_| ended.record());
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
