//! Supervises the task of a network source: a panic is reported as a failure, and the task is restarted with backoff.

use std::time::Instant;

use tokio::task::JoinSet;

use crate::panic_message::panic_message;
use crate::source::Timing;
use crate::source::error::SourceError;
use crate::source::network::backoff::Backoff;
use crate::source::update_channel::UpdateSender;

/// Runs a task until it is aborted, and restarts it whenever it panics or ends.
pub async fn run_supervised<F>(mut start: impl FnMut() -> F, timing: Timing, updates: UpdateSender)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut backoff = Backoff::new(timing);
    loop {
        let started_at = Instant::now();
        // Aborts the task when this one is dropped.
        let mut task = JoinSet::new();
        task.spawn(start());
        let error = match task.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                SourceError::TaskPanicked(panic_message(&*error.into_panic()))
            }
            _ => SourceError::TaskEnded,
        };
        if started_at.elapsed() > timing.max_backoff {
            backoff.reset();
        }
        updates.send_failure(error);
        tokio::time::sleep(backoff.next_delay()).await;
    }
}
