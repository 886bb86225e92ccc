//! How long a client waits for an answer.

use std::time::Duration;
use std::time::Instant;

use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// The moment from which a client no longer waits, if it named one. Without one no clock is read.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// Begins to wait, for ever or for as long as the client says.
    pub fn after(lasts: Option<Duration>) -> Deadline {
        // A moment that the clock cannot tell is as good as none.
        Deadline(lasts.and_then(|lasts| Instant::now().checked_add(lasts)))
    }

    /// How much is left, if the client named an end.
    pub fn remaining(self) -> Option<Duration> {
        let left = |until: Instant| until.saturating_duration_since(Instant::now());
        self.0.map(left)
    }

    /// Whether the client still waits.
    ///
    /// # Errors
    /// If it does not, in Go's words.
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
        let check = |lasts| {
            Deadline::after(lasts)
                .ensure_not_expired()
                .map_err(|error| error.code)
        };
        assert_eq!(check(None), Ok(()));
        assert_eq!(check(Some(Duration::MAX)), Ok(()));
        assert_eq!(check(Some(Duration::from_secs(3600))), Ok(()));
        assert_eq!(check(Some(Duration::ZERO)), Err(RpcCode::DeadlineExceeded));
    }
}
