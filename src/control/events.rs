//! Changes as they happen: a feed for each environment, from which every event stream reads.
//!
//! ```text
//! Revision ──delta──▶ FlagChange ──encode once──▶ Feed ──▶ EventStream ──▶ server-sent events
//! ```
//!
//! A change names its revision and the keys that differ from the revision before. Several revisions may be one change: a
//! stream that is behind, and a client that reconnects, get the union of the keys, so that nothing is lost.

pub mod feed;
pub mod flag_change;
pub mod subscription;

pub use crate::control::events::feed::Feed;
pub use crate::control::events::flag_change::EventId;
pub use crate::control::events::flag_change::FlagChange;
pub use crate::control::events::subscription::FeedItem;
pub use crate::control::events::subscription::Subscription;
