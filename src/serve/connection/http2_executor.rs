//! The executor of an HTTP/2 connection: polls each request once inline, and spawns those that wait.
//!
//! hyper passes each request to an executor. A task per request would cost more than the response: its allocation, a
//! slot in the run queue, waking another thread, and lock contention. Here requests are queued until hyper has read all
//! that arrived, and are then polled once, in the task of the connection; hyper sends their responses together. Nearly
//! all requests complete in that poll.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;

use hyper::rt::Executor;

use crate::metric::task_panics::TaskKind;
use crate::serve::tasks::Tasks;

type QueuedFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The queue of a connection's requests that are not polled yet.
#[derive(Clone)]
pub struct InlineExecutor {
    shared: Arc<Shared>,
}

struct Shared {
    queued: Mutex<Vec<QueuedFuture>>,
    tasks: Tasks,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for InlineExecutor {
    fn execute(&self, request: F) {
        self.lock().push(Box::pin(request));
    }
}

impl InlineExecutor {
    /// An executor whose slow requests are spawned on `tasks`.
    pub fn new(tasks: Tasks) -> InlineExecutor {
        let queued = Mutex::default();
        InlineExecutor {
            shared: Arc::new(Shared { queued, tasks }),
        }
    }

    /// Drives a connection and its requests to their end.
    pub fn drive<C: Future>(&self, mut connection: Pin<&mut C>) -> impl Future<Output = C::Output> {
        std::future::poll_fn(move |cx| self.poll_connection(connection.as_mut(), cx))
    }

    fn poll_connection<C: Future>(
        &self,
        mut connection: Pin<&mut C>,
        cx: &mut Context<'_>,
    ) -> Poll<C::Output> {
        loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                return Poll::Ready(ended);
            }
            // The connection must be polled again to send the responses.
            if !self.poll_queued() {
                return Poll::Pending;
            }
        }
    }

    /// Polls all queued requests. Returns false if there were none.
    fn poll_queued(&self) -> bool {
        let mut taken = std::mem::take(&mut *self.lock());
        let any = !taken.is_empty();
        for mut request in taken.drain(..) {
            // Polled with a no-op waker; the spawned task registers a real one on its first poll.
            let mut cx = Context::from_waker(Waker::noop());
            if request.as_mut().poll(&mut cx).is_pending() {
                // After a panic h2 resets the stream of the dropped request.
                self.shared.tasks.spawn(TaskKind::Request, request, None);
            }
        }
        // The next requests reuse the memory.
        let mut next = self.lock();
        if next.is_empty() {
            *next = taken;
        }
        any
    }

    fn lock(&self) -> MutexGuard<'_, Vec<QueuedFuture>> {
        let queued = &self.shared.queued;
        queued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
