//! `EventDraft`: an event before the store numbers it. `LogEvent`: an event of the log.

use serde_json::Value;

use crate::event_log::actor::Actor;
use crate::event_log::kind::LogEventKind;
use crate::wire::content_hash::ContentHash;

/// An event before the store numbers it.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDraft {
    /// The environment.
    pub environment: String,
    /// The time, in milliseconds since the UNIX epoch.
    pub at_ms: u64,
    /// The person or program that caused it.
    pub actor: Actor,
    /// The kind of event.
    pub kind: LogEventKind,
    /// The key of the flag that it concerns.
    pub flag: Option<String>,
    /// The reason that the actor gave.
    pub reason: Option<String>,
    /// The change itself; its form depends on the kind.
    pub change: Value,
}

impl EventDraft {
    /// The event with its number, and with the hash of the document that is active after it.
    pub fn number(self, seq: u64, document: ContentHash) -> LogEvent {
        LogEvent {
            environment: self.environment,
            seq,
            at_ms: self.at_ms,
            actor: self.actor,
            kind: self.kind,
            flag: self.flag,
            reason: self.reason,
            change: self.change,
            document,
        }
    }
}

/// An event of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEvent {
    /// The environment.
    pub environment: String,
    /// The number of the event in its environment: 1, 2, 3, and so on. It is also the number of its revision.
    pub seq: u64,
    /// The time, in milliseconds since the UNIX epoch.
    pub at_ms: u64,
    /// The person or program that caused it.
    pub actor: Actor,
    /// The kind of event.
    pub kind: LogEventKind,
    /// The key of the flag that it concerns.
    pub flag: Option<String>,
    /// The reason that the actor gave.
    pub reason: Option<String>,
    /// The change itself; its form depends on the kind.
    pub change: Value,
    /// The hash of the effective document after the event.
    pub document: ContentHash,
}
