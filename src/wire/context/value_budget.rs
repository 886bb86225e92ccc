//! `ValueBudget`: bounds the memory of a decoded context.

use crate::limits;
use crate::wire::rpc_error::RpcError;

/// The values that may still be decoded. A value takes up to 20 times the bytes that it has in a request.
#[derive(Debug)]
pub struct ValueBudget(usize);

impl ValueBudget {
    /// The budget of one context.
    pub fn new() -> ValueBudget {
        ValueBudget(limits::CONTEXT_VALUES)
    }

    /// Charges one item of a list or member of a map; returns false if the budget is exhausted.
    #[inline]
    pub fn spend(&mut self) -> bool {
        match self.0.checked_sub(1) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }

    /// The error of a context that exceeds the budget.
    pub fn exceeded() -> RpcError {
        RpcError::malformed(&format!(
            "the lists and objects of the context have more than {} values",
            limits::CONTEXT_VALUES
        ))
    }
}
