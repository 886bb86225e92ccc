//! The executor of an HTTP/2 connection: polls each request once inline, and spawns those that wait.
//!
//! hyper passes each request to an executor. A task per request would cost more than the response: its allocation, a
//! slot in the run queue, waking another thread, and lock contention. Here requests are queued until hyper has read all
//! that arrived, and are then polled once, in the task of the connection; hyper sends their responses together. Nearly
//! all requests complete in that poll.
//!
//! Requests stay queued while the client does not read its responses, and after a time slice until other tasks have run.

use std::collections::VecDeque;
use std::pin::Pin;
use std::pin::pin;
use std::sync::Arc;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;
use std::time::Instant;

use hyper::rt::Executor;

use crate::limits;
use crate::metric::task_panics::TaskKind;
use crate::serve::connection::connection_waker::ConnectionWaker;
use crate::serve::connection::unsent_budget::UnsentBudget;
use crate::serve::tasks::Tasks;
use crate::sync_primitives::Mutex;
use crate::sync_primitives::MutexGuard;

type QueuedFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The queue of a connection's requests that are not polled yet.
#[derive(Clone)]
pub struct InlineExecutor {
    shared: Arc<Shared>,
}

struct Shared {
    queued: Mutex<VecDeque<QueuedFuture>>,
    budget: UnsentBudget,
    tasks: Tasks,
    /// The waker that the connection is polled with, and its state.
    waker: Waker,
    wakeups: Arc<ConnectionWaker>,
}

/// The reason why no further queued request is polled.
#[derive(Debug, PartialEq, Eq)]
enum QueueState {
    Empty,
    /// Some were polled.
    Drained,
    /// The client does not read its responses.
    OverBudget,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for InlineExecutor {
    fn execute(&self, request: F) {
        self.lock().push_back(Box::pin(request));
    }
}

impl InlineExecutor {
    /// An executor whose slow requests are spawned on `tasks`, and whose responses are charged to `budget`.
    pub fn new(tasks: Tasks, budget: UnsentBudget) -> InlineExecutor {
        let wakeups = Arc::<ConnectionWaker>::default();
        InlineExecutor {
            shared: Arc::new(Shared {
                queued: Mutex::default(),
                budget,
                tasks,
                waker: wakeups.clone().into(),
                wakeups,
            }),
        }
    }

    /// Polls a connection and its requests.
    pub fn poll_connection<C: Future>(
        &self,
        connection: Pin<&mut C>,
        cx: &mut Context<'_>,
    ) -> Poll<C::Output> {
        let shared = &self.shared;
        shared.wakeups.begin_poll(cx.waker());
        let mut slice = TimeSlice::default();
        let polled = self.poll_turn(connection, &mut slice);
        let is_woken = shared.wakeups.end_poll();
        if polled.is_pending() && slice.is_over {
            // Other tasks run, and the input of other connections is read, before this task continues.
            let _ = pin!(tokio::task::yield_now()).poll(cx);
        } else if polled.is_pending() && is_woken {
            cx.waker().wake_by_ref();
        }
        polled
    }

    /// Polls a connection and its requests, until it waits or its time slice is over.
    fn poll_turn<C: Future>(
        &self,
        mut connection: Pin<&mut C>,
        slice: &mut TimeSlice,
    ) -> Poll<C::Output> {
        let shared = &self.shared;
        let mut cx = Context::from_waker(&shared.waker);
        loop {
            shared.wakeups.clear();
            if let Poll::Ready(ended) = connection.as_mut().poll(&mut cx) {
                return Poll::Ready(ended);
            }
            if slice.is_over {
                return Poll::Pending;
            }
            match self.poll_queued(slice) {
                QueueState::Empty => return Poll::Pending,
                // The connection must be polled again to send the responses.
                QueueState::Drained => {}
                QueueState::OverBudget => {
                    shared.wakeups.clear();
                    if let Poll::Ready(ended) = connection.as_mut().poll(&mut cx) {
                        return Poll::Ready(ended);
                    }
                    if shared.budget.poll_room(&cx).is_pending() {
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    /// Polls queued requests, until none is left or the connection has to wait.
    fn poll_queued(&self, slice: &mut TimeSlice) -> QueueState {
        let mut taken = std::mem::take(&mut *self.lock());
        if taken.is_empty() {
            return QueueState::Empty;
        }
        let budget = &self.shared.budget;
        let mut state = QueueState::Drained;
        while !taken.is_empty() {
            if !budget.has_room() {
                state = QueueState::OverBudget;
                break;
            }
            if slice.check() {
                break;
            }
            let Some(mut request) = taken.pop_front() else {
                break;
            };
            // Polled with a no-op waker; the spawned task registers a real one on its first poll.
            let mut cx = Context::from_waker(Waker::noop());
            if request.as_mut().poll(&mut cx).is_pending() {
                // After a panic h2 resets the stream of the dropped request.
                self.shared.tasks.spawn(TaskKind::Request, request, None);
            }
        }
        // The next requests reuse the memory.
        let mut next = self.lock();
        taken.append(&mut next);
        *next = taken;
        state
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<QueuedFuture>> {
        let queued = &self.shared.queued;
        queued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time that the requests of one poll may take. The clock is not read for a request that comes alone.
#[derive(Debug, Default)]
struct TimeSlice {
    requests: usize,
    /// The time of the second request.
    started: Option<Instant>,
    is_over: bool,
}

impl TimeSlice {
    /// Called before each request. Returns true if the requests before it have used up the slice.
    fn check(&mut self) -> bool {
        self.requests += 1;
        match self.started {
            Some(started) => self.is_over = started.elapsed() >= limits::REQUEST_TIME_SLICE,
            None if self.requests > 1 => self.started = Some(Instant::now()),
            None => {}
        }
        self.is_over
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    use super::*;

    const REQUESTS: usize = 20;

    /// Computes for a whole time slice.
    fn compute() {
        let started = Instant::now();
        while started.elapsed() < limits::REQUEST_TIME_SLICE {
            std::hint::spin_loop();
        }
    }

    #[tokio::test]
    async fn other_tasks_run_between_the_requests_of_a_connection() {
        let executor = InlineExecutor::new(Tasks::new(Arc::default()), UnsentBudget::default());
        let done = Arc::new(AtomicUsize::new(0));
        for _ in 0..REQUESTS {
            let done = done.clone();
            executor.execute(async move {
                compute();
                done.fetch_add(1, Ordering::SeqCst);
            });
        }
        let mut silent = pin!(std::future::pending::<()>());
        let connection = std::future::poll_fn(|cx| {
            let polled = executor.poll_connection(silent.as_mut(), cx);
            let is_done = done.load(Ordering::SeqCst) == REQUESTS;
            if is_done { Poll::Ready(()) } else { polled }
        });
        let other = async { done.load(Ordering::SeqCst) };
        let ((), seen) = tokio::join!(connection, other);
        assert!((1..4).contains(&seen), "{seen} requests were handled first");
    }
}
