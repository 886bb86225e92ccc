//! Events: who changed what, when and why. Each event is sealed to the one before it by SHA-256 over canonical bytes.
//!
//! ```text
//! EventDraft ──number──▶ LogEvent ──seal──▶ SealedEvent ──check──▶ ChainHead
//! ```
//!
//! `chain` and `scan` verify a log from its bytes alone. They need neither a store nor `serde_json`, so that a client can
//! verify the lines that it fetched.

mod actor;
mod canonical;
pub mod chain;
mod decimal;
mod error;
mod hash_text;
mod json_string;
mod kind;
pub mod limits;
mod log_event;
mod scan;
mod sealed;

pub use crate::control::event::actor::Actor;
pub use crate::control::event::actor::ActorKind;
pub use crate::control::event::canonical::canonical_json;
pub use crate::control::event::chain::BrokenChain;
pub use crate::control::event::chain::ChainHead;
pub use crate::control::event::chain::ChainVerifier;
pub use crate::control::event::error::EventError;
pub use crate::control::event::hash_text::parse_content_hash;
pub use crate::control::event::kind::LogEventKind;
pub use crate::control::event::log_event::EventDraft;
pub use crate::control::event::log_event::LogEvent;
pub use crate::control::event::sealed::SealedEvent;
