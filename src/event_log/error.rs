//! `EventError`: the reason why an event cannot be sealed or read.

use std::error::Error;
use std::fmt;

/// The reason why an event cannot be sealed or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventError {
    /// A part is larger than its bound.
    TooLarge {
        /// The part.
        part: &'static str,
        /// Its size.
        size: usize,
        /// The bound.
        limit: usize,
    },
    /// A part has a value that no event may have.
    Invalid {
        /// The part.
        part: &'static str,
        /// The expected value.
        expected: &'static str,
    },
    /// The bytes are not JSON.
    Json(String),
    /// A member is missing or unknown, or has another type.
    Member {
        /// The name of the member.
        name: String,
        /// The problem.
        problem: &'static str,
    },
    /// The bytes are JSON, but not in canonical form.
    NotCanonical,
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EventError::TooLarge { part, size, limit } => {
                write!(
                    f,
                    "the {part} of the event has {size} bytes, and the limit is {limit}: shorten it"
                )
            }
            EventError::Invalid { part, expected } => {
                write!(
                    f,
                    "the {part} of the event is invalid: it must be {expected}"
                )
            }
            EventError::Json(problem) => write!(f, "the event is not JSON: {problem}"),
            EventError::Member { name, problem } => {
                write!(f, "the member `{name}` of the event {problem}")
            }
            EventError::NotCanonical => f.write_str("the event is not canonical JSON (RFC 8785)"),
        }
    }
}

impl Error for EventError {}
