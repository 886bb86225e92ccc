//! Events: who changed what, when and why. Each event is sealed to the one before it by SHA-256 over canonical bytes.
//!
//! ```text
//! EventDraft ──number──▶ LogEvent ──seal──▶ SealedEvent ──check──▶ ChainHead
//! ```
//!
//! `chain` and `scan` verify a log from its bytes alone. They need neither a store nor `serde_json`, so that a client can
//! verify the lines that it fetched. The other modules need the feature `control`.

mod actor;
#[cfg(feature = "control")]
mod canonical;
pub mod chain;
#[cfg(feature = "control")]
mod decimal;
mod error;
pub mod hash_text;
mod json_string;
mod kind;
pub mod limits;
#[cfg(feature = "control")]
mod log_event;
mod scan;
#[cfg(feature = "control")]
mod sealed;

pub use crate::event_log::actor::Actor;
pub use crate::event_log::actor::ActorKind;
#[cfg(feature = "control")]
pub use crate::event_log::canonical::canonical_json;
pub use crate::event_log::chain::BrokenChain;
pub use crate::event_log::chain::ChainHead;
pub use crate::event_log::chain::ChainVerifier;
pub use crate::event_log::error::EventError;
pub use crate::event_log::hash_text::parse_content_hash;
pub use crate::event_log::kind::LogEventKind;
#[cfg(feature = "control")]
pub use crate::event_log::log_event::EventDraft;
#[cfg(feature = "control")]
pub use crate::event_log::log_event::LogEvent;
#[cfg(feature = "control")]
pub use crate::event_log::sealed::SealedEvent;
