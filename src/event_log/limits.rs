//! Bounds on the parts of an event. Lengths are in bytes of UTF-8.

/// The longest name of an environment.
pub const ENVIRONMENT: usize = 64;
/// The longest name of an actor.
pub const ACTOR: usize = 256;
/// The longest key of a flag.
pub const FLAG: usize = 512;
/// The longest name of a kind of event.
pub const KIND: usize = 64;
/// The longest reason.
pub const REASON: usize = 4 * 1024;
/// The longest canonical JSON of a change.
pub const CHANGE: usize = 64 * 1024;
/// The deepest nesting of arrays and objects in an event. `serde_json` reads 127 levels.
pub const DEPTH: usize = 64;
/// The greatest sequence number and time: every integer up to it is a number of canonical JSON.
pub const INTEGER: u64 = (1 << 53) - 1;
/// The largest canonical bytes of an event: a change and all texts, of which each byte may be escaped with six.
pub const EVENT: usize = CHANGE + 6 * (ENVIRONMENT + ACTOR + FLAG + KIND + REASON) + 1024;
