//! The budget of unsent response bytes of one HTTP/2 connection.
//!
//! HTTP/2 clients control how much the server may send. A client that opens no window and keeps asking would collect
//! responses in the server's memory. Here each response is charged to its connection from its creation until its bytes
//! are written to the socket or dropped; while the budget is used up, no further request of the connection is handled.

use std::convert::Infallible;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;
use std::task::ready;

use bytes::Buf;
use bytes::Bytes;
use http_body::Frame;
use http_body::SizeHint;

use crate::limits;
use crate::serve::http::body::Body;
use crate::sync_primitives::Mutex;
use crate::sync_primitives::MutexGuard;
use crate::sync_primitives::atomic::AtomicBool;
use crate::sync_primitives::atomic::AtomicU64;
use crate::sync_primitives::atomic::Ordering;

/// The budget of a connection. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct UnsentBudget {
    shared: Arc<BudgetState>,
}

#[derive(Debug, Default)]
struct BudgetState {
    /// All bytes charged so far.
    charged: AtomicU64,
    /// The bytes of them that were sent or dropped.
    released: AtomicU64,
    /// True while `waiting` may contain a waker.
    has_waiting: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
}

impl UnsentBudget {
    /// The number of bytes that are charged and not released.
    pub fn unsent(&self) -> u64 {
        self.shared.unsent()
    }

    /// The number of bytes released so far. It increases as long as the client reads.
    pub fn released(&self) -> u64 {
        self.shared.released.load(Ordering::Relaxed)
    }

    /// Returns true if a further request may be handled.
    pub fn has_room(&self) -> bool {
        self.shared.has_room()
    }

    /// Ready if a further request may be handled. Otherwise the task is woken when that changes.
    pub fn poll_room(&self, cx: &Context<'_>) -> Poll<()> {
        if self.has_room() {
            return Poll::Ready(());
        }
        let mut waiting = self.shared.lock_waiting();
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        self.shared.has_waiting.store(true, Ordering::SeqCst);
        drop(waiting);
        // Bytes released before the flag was set woke nobody.
        if self.has_room() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Returns true if a task waits for room.
    pub fn is_waited_for(&self) -> bool {
        self.shared.has_waiting.load(Ordering::Relaxed)
    }

    /// Charges the body of a response.
    pub fn charge_body(self, body: Body) -> ChargedBody {
        let ready = match &body {
            Body::Full(bytes) | Body::WithTrailers(bytes, _) => bytes.len(),
            Body::Empty | Body::Stream(_) | Body::Instrumented(..) => 0,
        };
        ChargedBody {
            body,
            charge: self.charge(ready),
        }
    }

    fn charge(self, length: usize) -> Charge {
        let left = length as u64;
        self.shared.charged.fetch_add(left, Ordering::SeqCst);
        Charge {
            shared: Some(self.shared),
            left,
        }
    }
}

impl BudgetState {
    fn unsent(&self) -> u64 {
        let released = self.released.load(Ordering::SeqCst);
        let charged = self.charged.load(Ordering::SeqCst);
        charged.saturating_sub(released)
    }

    fn has_room(&self) -> bool {
        self.unsent() < limits::UNSENT_BYTES as u64
    }

    fn release(&self, count: u64) {
        self.released.fetch_add(count, Ordering::SeqCst);
        if self.has_waiting.load(Ordering::SeqCst) && self.has_room() {
            self.wake_all();
        }
    }

    fn wake_all(&self) {
        let mut waiting = self.lock_waiting();
        let woken = std::mem::take(&mut *waiting);
        self.has_waiting.store(false, Ordering::SeqCst);
        drop(waiting);
        woken.into_iter().for_each(Waker::wake);
    }

    fn lock_waiting(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes charged to a budget. They are released as they are sent, or when this is dropped.
#[derive(Debug, Default)]
struct Charge {
    /// The budget; `None` once the charge was moved out.
    shared: Option<Arc<BudgetState>>,
    left: u64,
}

impl Charge {
    fn release(&mut self, count: usize) {
        let count = (count as u64).min(self.left);
        if let Some(shared) = &self.shared
            && count > 0
        {
            self.left -= count;
            shared.release(count);
        }
    }

    /// A charge of `length` bytes to the same budget.
    fn another(&self, length: usize) -> Charge {
        let shared = self.shared.clone();
        let charge = shared.map(|shared| UnsentBudget { shared }.charge(length));
        charge.unwrap_or_default()
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.release(usize::MAX);
    }
}

/// A response body whose bytes are charged.
#[derive(Debug)]
pub struct ChargedBody {
    body: Body,
    /// The bytes that are ready; those of a stream are charged frame by frame.
    charge: Charge,
}

/// Bytes of a response that are charged until they are sent.
#[derive(Debug)]
pub struct ChargedBytes {
    bytes: Bytes,
    charge: Charge,
}

impl http_body::Body for ChargedBody {
    type Data = ChargedBytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<ChargedBytes>, Infallible>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        let is_stream = matches!(this.body, Body::Stream(_) | Body::Instrumented(..));
        let charge = &mut this.charge;
        let charged = |frame: Frame<Bytes>| {
            frame.map_data(|bytes| {
                let charge = if is_stream {
                    charge.another(bytes.len())
                } else {
                    std::mem::take(charge)
                };
                ChargedBytes { bytes, charge }
            })
        };
        Poll::Ready(frame.map(|frame| frame.map(charged)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Buf for ChargedBytes {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.bytes.chunks_vectored(slices)
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.charge.release(count);
    }
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;

    use super::*;

    /// A response of `length` bytes that is charged to `budget`.
    fn response(budget: &UnsentBudget, length: usize) -> ChargedBody {
        budget
            .clone()
            .charge_body(Body::Full(vec![0; length].into()))
    }

    #[tokio::test]
    async fn bytes_are_charged_until_they_are_sent_or_dropped() {
        let budget = UnsentBudget::default();
        let mut body = response(&budget, 1000);
        let frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        let frame = frame.expect("a frame").expect("infallible");
        let mut data = frame.into_data().expect("data");
        assert_eq!(budget.unsent(), 1000);
        data.advance(400);
        assert_eq!((budget.unsent(), budget.released()), (600, 400));
        drop(data);
        drop(response(&budget, 7));
        assert_eq!(budget.unsent(), 0);
    }

    #[tokio::test]
    async fn waiting_request_continues_when_bytes_are_released() {
        let budget = UnsentBudget::default();
        let held = response(&budget, limits::UNSENT_BYTES);
        assert!(!budget.has_room());
        let wait = std::future::poll_fn(|cx| budget.poll_room(cx));
        let release = async {
            assert!(budget.is_waited_for());
            drop(held);
        };
        tokio::join!(wait, release);
        assert!(budget.has_room() && !budget.is_waited_for());
    }
}
