//! Tracked tasks: streams and slow requests. A panic is caught, logged and counted; shutdown waits for all of them.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio_util::task::TaskTracker;

use crate::metric::registry::Metrics;
use crate::metric::task_panics::TaskKind;
use crate::panic_message::panic_message;

/// A boxed future without a result.
pub type BoxedTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The tasks that serve clients, apart from those of connections.
#[derive(Debug, Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    metrics: Arc<Metrics>,
}

impl Tasks {
    /// Creates an empty tracker, which counts panics in `metrics`.
    pub fn new(metrics: Arc<Metrics>) -> Tasks {
        Tasks {
            tracker: TaskTracker::new(),
            metrics,
        }
    }

    /// Spawns a task. If it panics, `after_panic` runs next. Both are boxed, so that the code of a spawned task is not
    /// compiled again for each type of future.
    pub fn spawn(&self, kind: TaskKind, task: BoxedTask, after_panic: Option<BoxedTask>) {
        let metrics = self.metrics.clone();
        self.tracker.spawn(async move {
            if let Err(payload) = catch_panic(task).await {
                report_panic(&metrics, kind, &*payload);
                if let Some(after_panic) = after_panic {
                    after_panic.await;
                }
            }
        });
    }

    /// Logs and counts a panic that ended a task of this kind.
    pub fn report_panic(&self, kind: TaskKind, payload: &(dyn Any + Send)) {
        report_panic(&self.metrics, kind, payload);
    }

    /// Waits until all tasks have ended.
    pub async fn wait(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}

fn report_panic(metrics: &Metrics, kind: TaskKind, payload: &(dyn Any + Send)) {
    metrics.tasks.count_panic(kind);
    let panic = panic_message(payload);
    tracing::error!(task = kind.name(), panic, "a task panicked");
}

/// Runs a future to its end, or until it panics.
///
/// # Errors
/// If it panics: the payload of the panic.
pub async fn catch_panic<T>(future: impl Future<Output = T>) -> Result<T, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| {
        // A future that has panicked is never polled again, so its inconsistent state is not observed.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(payload)),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::family::MetricValue;

    #[tokio::test]
    async fn panic_in_a_task_is_counted_and_followed_up() {
        let metrics = Arc::new(Metrics::default());
        let tasks = Tasks::new(metrics.clone());
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let broken = async { assert!(is_sound(), "a broken stream") };
        let after_panic = async { sender.send(1).expect("a receiver") };
        tasks.spawn(
            TaskKind::Stream,
            Box::pin(broken),
            Some(Box::pin(after_panic)),
        );
        tasks.spawn(TaskKind::Request, Box::pin(async {}), None);
        tasks.wait().await;
        assert_eq!(receiver.await, Ok(1));
        let counts = metrics.tasks.collect().series.into_iter();
        let counts: Vec<_> = counts.map(|series| series.value).collect();
        assert_eq!(counts, [1, 0, 0, 0, 0].map(MetricValue::Count));
    }

    fn is_sound() -> bool {
        false
    }
}
