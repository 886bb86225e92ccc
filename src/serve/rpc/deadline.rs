//! The deadline of a call, from the timeout that its client sets.

use std::time::Duration;
use std::time::Instant;

use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// The time at which a client stops waiting, if it set a timeout. Without a timeout the clock is not read.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// The deadline of a call that begins now: none, or after the client's timeout.
    pub fn after(timeout: Option<Duration>) -> Deadline {
        // An unrepresentable deadline counts as none.
        Deadline(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }

    /// The time left, if there is a deadline.
    pub fn remaining(self) -> Option<Duration> {
        let left = |until: Instant| until.saturating_duration_since(Instant::now());
        self.0.map(left)
    }

    /// Checks that the deadline has not passed.
    ///
    /// # Errors
    /// If the deadline has passed. The text is that of Go.
    pub fn ensure_not_expired(self) -> Result<(), RpcError> {
        match self.remaining() {
            Some(Duration::ZERO) => {
                let why = "context deadline exceeded";
                Err(RpcError::new(RpcCode::DeadlineExceeded, why))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_timeout_is_deadline_exceeded() {
        let check = |timeout| {
            Deadline::after(timeout)
                .ensure_not_expired()
                .map_err(|error| error.code)
        };
        assert_eq!(check(None), Ok(()));
        assert_eq!(check(Some(Duration::MAX)), Ok(()));
        assert_eq!(check(Some(Duration::from_secs(3600))), Ok(()));
        assert_eq!(check(Some(Duration::ZERO)), Err(RpcCode::DeadlineExceeded));
    }
}
