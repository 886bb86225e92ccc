//! `WorkerLiveness`: a ping to the workers, which serve all ports except management, with a bounded wait for the answer.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::limits;
use crate::metric::family::MetricFamily;

/// A handle that checks whether the workers respond. Clones share the result of the last check.
#[derive(Debug, Clone)]
pub struct WorkerLiveness {
    workers: Handle,
    /// The ping without an answer, if any: at most one waits for a worker, however many checks there are.
    pending: Arc<Mutex<JoinSet<()>>>,
    last_result: Arc<AtomicBool>,
}

impl WorkerLiveness {
    /// Returns a handle before its first check.
    pub fn new(workers: Handle) -> WorkerLiveness {
        WorkerLiveness {
            workers,
            pending: Arc::default(),
            last_result: Arc::new(AtomicBool::new(true)),
        }
    }

    /// Pings the workers and waits for [`limits::LIVENESS_TIMEOUT`] at most. Logs when the result differs from the last
    /// one.
    pub async fn check(&self) -> bool {
        let within = limits::LIVENESS_TIMEOUT;
        let is_responsive = tokio::time::timeout(within, self.ping()).await.is_ok();
        let was_responsive = self.last_result.swap(is_responsive, Ordering::Relaxed);
        match (was_responsive, is_responsive) {
            (true, false) => tracing::error!(
                "the workers do not respond within {within:?}; requests are not answered until the workers respond"
            ),
            (false, true) => tracing::info!("the workers respond again"),
            (true, true) | (false, false) => {}
        }
        is_responsive
    }

    /// Waits until a worker has run a task.
    async fn ping(&self) {
        let mut pending = self.pending.lock().await;
        // An answer to an earlier ping does not show that the workers respond now.
        let _ = pending.try_join_next();
        if pending.is_empty() {
            pending.spawn_on(async {}, &self.workers);
        }
        pending.join_next().await;
    }

    /// Returns the gauge of the workers: 1 if they responded to the last check.
    pub fn collect(&self) -> MetricFamily {
        workers_up(self.last_result.load(Ordering::Relaxed))
    }
}

/// Returns the gauge of the workers.
pub fn workers_up(are_up: bool) -> MetricFamily {
    let help = "1 if the threads that serve requests respond, else 0.";
    let value = f64::from(u8::from(are_up));
    MetricFamily::gauge("fanion.workers.up", "", help, value)
}
