//! Rollout plans: `rollout.plan`, the stages by which a release grows, and what has to hold before each.
//!
//! A sidecar serves the fields beside a plan and ignores the plan itself; a control plane carries it out. A mistake in a
//! plan is therefore a diagnostic, but no fault of its flag. Reference: `docs/rollouts.md`.

pub mod duration;
pub mod exposure;
pub mod guardrail;
pub mod model;
pub mod parse;
pub mod policy;
pub mod rollout_exposure;
pub mod template;
pub mod window;
