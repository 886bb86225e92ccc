//! `Liveness`: a ping to the update thread, with a bounded wait for the answer.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use crate::limits;
use crate::source::update_channel::Wakeup;
use crate::source::update_channel::WakeupSender;

/// A handle that checks whether the update thread responds.
#[derive(Debug, Clone)]
pub struct Liveness {
    wakeups: WakeupSender,
    /// The ping without an answer, if any: at most one is in the channel, however many checks there are.
    pending: Arc<Mutex<Option<oneshot::Receiver<()>>>>,
    /// The result of the last check.
    last_result: Arc<AtomicBool>,
}

impl Liveness {
    /// Returns a handle before its first check.
    pub fn new(wakeups: WakeupSender) -> Liveness {
        Liveness {
            wakeups,
            pending: Arc::default(),
            last_result: Arc::new(AtomicBool::new(true)),
        }
    }

    /// Returns true if the thread answers a ping within this time.
    pub async fn is_responsive(&self, within: Duration) -> bool {
        let answer = tokio::time::timeout(within, self.ping()).await;
        answer.unwrap_or(false)
    }

    /// Pings the thread and waits for [`limits::LIVENESS_TIMEOUT`] at most. Logs when the result differs from the last
    /// one.
    pub async fn check(&self) -> bool {
        let within = limits::LIVENESS_TIMEOUT;
        let is_responsive = self.is_responsive(within).await;
        let was_responsive = self.last_result.swap(is_responsive, Ordering::Relaxed);
        match (was_responsive, is_responsive) {
            (true, false) => tracing::error!(
                "the update thread does not respond within {within:?}; flags cannot change until the thread responds"
            ),
            (false, true) => tracing::info!("the update thread responds again"),
            (true, true) | (false, false) => {}
        }
        is_responsive
    }

    /// Returns the result of the last check; true before the first one.
    pub fn last_result(&self) -> bool {
        self.last_result.load(Ordering::Relaxed)
    }

    /// Waits for the answer to a ping. Returns false if the thread has ended.
    async fn ping(&self) -> bool {
        let mut pending = self.pending.lock().await;
        // An answer to an earlier ping does not show that the thread responds now.
        if let Some(answer) = &mut *pending
            && answer.try_recv() != Err(TryRecvError::Empty)
        {
            *pending = None;
        }
        let answer = pending.get_or_insert_with(|| self.send_ping());
        let is_answered = answer.await.is_ok();
        *pending = None;
        is_answered
    }

    fn send_ping(&self) -> oneshot::Receiver<()> {
        let (sender, answer) = oneshot::channel();
        self.wakeups.send(Wakeup::Ping(sender));
        answer
    }
}
