//! The requests of an HTTP/2 connection, answered where they came in.
//!
//! hyper hands each request to an executor. A task for each would cost more than the answer: its memory, a place in a
//! queue, the waking of another thread, and locks that two threads then want. Here requests wait until hyper has taken
//! all that arrived, and are then polled once, on the spot; hyper sends their answers in one piece. Nearly all are done
//! with that. Those that wait for something become tasks.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;

use hyper::rt::Executor;

type QueuedFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The requests that a connection has taken and not begun to answer.
#[derive(Clone, Default)]
pub struct InlineExecutor {
    queued: Arc<Mutex<Vec<QueuedFuture>>>,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for InlineExecutor {
    fn execute(&self, answering: F) {
        self.lock().push(Box::pin(answering));
    }
}

impl InlineExecutor {
    /// Follows a connection to its end, and answers what it takes.
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
            // After answers the connection has to be polled again: it sends them.
            if !self.poll_queued() {
                return Poll::Pending;
            }
        }
    }

    /// Begins all answers; `false` if there were none to begin.
    fn poll_queued(&self) -> bool {
        let mut taken = std::mem::take(&mut *self.lock());
        let any = !taken.is_empty();
        for mut answering in taken.drain(..) {
            // Nobody is woken by this poll: a task polls again when it begins.
            let mut nobody = Context::from_waker(Waker::noop());
            if answering.as_mut().poll(&mut nobody).is_pending() {
                tokio::spawn(answering);
            }
        }
        // Its memory serves the next turn.
        let mut next = self.lock();
        if next.is_empty() {
            *next = taken;
        }
        any
    }

    fn lock(&self) -> MutexGuard<'_, Vec<QueuedFuture>> {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
