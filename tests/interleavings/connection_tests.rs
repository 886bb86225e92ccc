//! HTTP/2 connections: no wake-up is lost between a connection, its requests and the threads that release bytes.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;

use fanion::limits;
use fanion::serve::http::body::Body;
use fanion::serve::tasks::Tasks;
use hyper::rt::Executor as _;
use shuttle::sync::Mutex;
use shuttle::sync::atomic::AtomicUsize;
use shuttle::sync::atomic::Ordering;
use shuttle::thread;

use crate::explore;
use crate::program::connection_waker::ConnectionWaker;
use crate::program::http2_executor::InlineExecutor;
use crate::program::unsent_budget::ChargedBody;
use crate::program::unsent_budget::UnsentBudget;
use crate::signal::Signal;

const REQUESTS: usize = 3;

pub fn connection_sees_each_wakeup() {
    explore(3000, || {
        let arrived = Arc::new(AtomicUsize::new(0));
        let connection = Arc::new(ConnectionWaker::default());
        let (waker, source) = (Waker::from(connection.clone()), arrived.clone());
        let peer = thread::spawn(move || {
            for _ in 0..REQUESTS {
                source.fetch_add(1, Ordering::SeqCst);
                waker.wake_by_ref();
            }
        });
        let task = Arc::new(Signal::default());
        let mut handled = 0;
        loop {
            connection.begin_poll(&task.waker());
            connection.clear();
            handled += arrived.swap(0, Ordering::SeqCst);
            let is_woken = connection.end_poll();
            if handled == REQUESTS {
                break;
            }
            if !is_woken {
                task.wait();
            }
        }
        peer.join().expect("no panic");
    });
}

/// A response that uses up the budget.
fn full_response() -> Body {
    Body::Full(vec![0; limits::UNSENT_BYTES].into())
}

pub fn released_bytes_wake_each_waiting_task() {
    explore(1000, || {
        let budget = UnsentBudget::default();
        let responses: Vec<ChargedBody> = (0..2)
            .map(|_| budget.clone().charge_body(full_response()))
            .collect();
        let waiting = (0..2).map(|_| {
            let budget = budget.clone();
            thread::spawn(move || {
                let task = Arc::new(Signal::default());
                let waker = task.waker();
                while budget.poll_room(&Context::from_waker(&waker)).is_pending() {
                    task.wait();
                }
            })
        });
        let waiting: Vec<_> = waiting.collect();
        let sending = responses.into_iter();
        let sending: Vec<_> = sending
            .map(|body| thread::spawn(move || drop(body)))
            .collect();
        let all = waiting.into_iter().chain(sending);
        all.for_each(|thread| thread.join().expect("no panic"));
        assert_eq!(budget.unsent(), 0);
    });
}

/// The state of a connection and its peer.
#[derive(Default)]
struct Peer {
    /// Requests that the connection has not read yet.
    sent: usize,
    /// Responses that the peer has not read yet.
    responses: Vec<ChargedBody>,
    answered: usize,
    /// The waker of the connection.
    waker: Option<Waker>,
}

pub fn executor_answers_each_request_of_a_connection() {
    explore(1000, || {
        let peer = Arc::new(Mutex::new(Peer::default()));
        let client = thread::spawn({
            let peer = peer.clone();
            move || be_client(&peer)
        });
        let budget = UnsentBudget::default();
        let executor = InlineExecutor::new(Tasks::new(Arc::default()), budget.clone());
        let mut connection = pin!(poll_fn(|cx| {
            let mut state = peer.lock().expect("a lock");
            state.waker = Some(cx.waker().clone());
            let requests = std::mem::take(&mut state.sent);
            let is_done = state.answered == REQUESTS && state.responses.is_empty();
            drop(state);
            for _ in 0..requests {
                let (peer, budget) = (peer.clone(), budget.clone());
                executor.execute(async move {
                    let body = budget.charge_body(full_response());
                    let mut state = peer.lock().expect("a lock");
                    state.answered += 1;
                    state.responses.push(body);
                });
            }
            if is_done {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }));
        let task = Arc::new(Signal::default());
        let waker = task.waker();
        let mut cx = Context::from_waker(&waker);
        while executor
            .poll_connection(connection.as_mut(), &mut cx)
            .is_pending()
        {
            task.wait();
        }
        client.join().expect("no panic");
        assert_eq!(budget.unsent(), 0);
    });
}

/// Sends requests and reads responses. Each wakes the connection, as a socket does.
fn be_client(peer: &Mutex<Peer>) {
    let mut is_reading = true;
    let mut sent = 0;
    while sent < REQUESTS || is_reading {
        let mut state = peer.lock().expect("a lock");
        if sent < REQUESTS {
            state.sent += 1;
            sent += 1;
        }
        let read = std::mem::take(&mut state.responses);
        let waker = state.waker.clone();
        is_reading = state.answered < REQUESTS || !read.is_empty();
        drop(state);
        drop(read);
        if let Some(waker) = waker {
            waker.wake();
        }
        thread::yield_now();
    }
}
