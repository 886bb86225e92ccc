//! The control plane: overrides for the flags of each environment, and receipts that show which sidecars have applied
//! them.
//!
//! ```text
//! authored flags ⊕ state ──overlay──▶ Ruleset ──build──▶ Revision ──sync──▶ sidecars ──report──▶ receipts
//! ```
//!
//! Nothing here is on the evaluation path: while the control plane is down, sidecars keep their flags.

pub mod access;
pub mod api;
pub mod dialect;
pub mod engine;
pub mod environment;
pub mod events;
pub mod export;
pub mod fleet;
pub mod metrics;
pub mod model;
pub mod page;
pub mod revision;
pub mod rollouts;
pub mod store;
pub mod webhook;
