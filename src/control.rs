//! The control plane: what the flags of each environment become next, and proof that they have arrived.
//!
//! ```text
//! authored flags ⊕ state ──overlay──▶ Ruleset ──build──▶ Revision ──sync──▶ sidecars ──report──▶ receipts
//! ```
//!
//! Nothing here is on the evaluation path: while the control plane is down, sidecars keep their flags.

pub mod api;
pub mod environment;
pub mod export;
pub mod fleet;
pub mod metrics;
pub mod model;
pub mod revision;
pub mod store;
