//! The write timeout of HTTP/2: a connection ends if its client opens no window for responses that are ready.
//!
//! The socket of such a client accepts bytes, so that the write timeout of the socket does not notice it.

use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::Sleep;

use crate::serve::connection::unsent_budget::UnsentBudget;

/// The timer of a connection, which exists only while responses are unsent.
#[derive(Debug)]
pub struct StallTimeout {
    timeout: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    /// The bytes that were released when the timer was set.
    released: u64,
}

impl StallTimeout {
    /// A timer that is not set.
    pub fn new(timeout: Duration) -> StallTimeout {
        StallTimeout {
            timeout,
            timer: None,
            released: 0,
        }
    }

    /// Returns true if responses are unsent, and none of their bytes was accepted during the timeout.
    pub fn is_stalled(&mut self, budget: &UnsentBudget, cx: &mut Context<'_>) -> bool {
        if budget.unsent() == 0 {
            self.timer = None;
            return false;
        }
        loop {
            let timeout = self.timeout;
            let timer = self.timer.get_or_insert_with(|| {
                self.released = budget.released();
                Box::pin(tokio::time::sleep(timeout))
            });
            if timer.as_mut().poll(cx).is_pending() {
                return false;
            }
            if self.released == budget.released() {
                return true;
            }
            self.timer = None;
        }
    }
}
