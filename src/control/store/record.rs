//! `Record`: a value under a key that is kept beside the log: tokens, and answers to requests that may be repeated.

/// The kind of a record. Its number is in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// A token, by its id.
    Token = 1,
    /// The time of the last request with a token, by the id of the token.
    TokenUse = 2,
    /// The answer to a request, by the hash of its idempotency key.
    Answer = 3,
    /// How far a webhook endpoint is, by its name and environment.
    Webhook = 5,
}

impl RecordKind {
    /// The most records of the kind. The oldest make room for new ones.
    pub fn limit(self) -> u64 {
        match self {
            RecordKind::Token | RecordKind::TokenUse | RecordKind::Answer | RecordKind::Webhook => {
                10_000
            }
        }
    }
}

/// A value under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
    /// The time of the last write, in milliseconds since 1970.
    pub at_ms: u64,
    /// The time from which the record does not exist any more.
    pub expires_ms: Option<u64>,
}

/// A change of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordChange {
    /// Writes a record, in place of the one with the same key. Removes records of the kind that have expired at that
    /// time, and the oldest if there are too many.
    Put(RecordKind, Record),
    /// Removes a record.
    Delete(RecordKind, String),
}
