//! The engine of rollouts: the next step of a running rollout. `step(plan, state, now, input) -> (state, effects)` is pure,
//! total and deterministic: it knows no clock, no socket and no store.
//!
//! ```text
//! pending → running (settling → observing → ready → awaiting approval) → completed
//!                 ↘ halted ↘ rolling back → rolled back | aborted
//! ```
//!
//! Gates are asked in one order, protective ones first: kill and abort, a regression, missing data, the post-condition,
//! a changed definition, invalid evidence, an incident of both arms, a pause or a freeze, the observed share, the least
//! time, the least units, the guardrails, the window, approvals. The first that is closed is the one that is shown.
//!
//! Effects are at least once, with a number that does not change: the state says which exposure is to be served, and a
//! stage counts only after the post-condition has confirmed it.

pub mod approval;
pub mod cause;
pub mod clock;
pub mod command;
pub mod effect;
pub mod gate;
pub mod observation;
pub mod pin;
pub mod pin_definition;
pub mod refusal;
pub mod state;
pub mod step;
pub mod transition;
