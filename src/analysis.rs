//! Static analysis of flags: lint, explain, semantic diff and reachability, over all contexts instead of one.
//!
//! A rule compares finitely many attributes with finitely many constants. For every attribute, [`representatives`]
//! holds one value of each equivalence class under these comparisons, so that evaluating all representatives covers all
//! values. A unit's `fractional` share depends on a 32-bit hash that can have any value: a share is an interval of
//! hashes.
//! [`symbolic_execution`] runs a rule over sets of values and intervals instead of over one context, and splits them
//! only where the rule does. Single comparisons are evaluated by the real evaluator, so that no conversion is
//! implemented twice.
//!
//! Domain: an attribute is absent or null, a boolean, a number, a string, an object, or a list of booleans, numbers or
//! strings; an attribute in a bucketing key is not a list and has no white space around it; the hashes of different
//! bucketing keys are independent of each other. An operator outside of this domain, such as arithmetic, makes the
//! result [`Unsupported`], which is reported as unknown.
//!
//! [`representatives`]: crate::analysis::model::representatives
//! [`symbolic_execution`]: crate::analysis::engine::symbolic_execution
//! [`Unsupported`]: crate::analysis::model::unsupported::Unsupported

pub mod diff;
pub mod flag_file;
pub mod lint;
pub mod code_refs;
pub mod format;
pub mod engine;
pub mod explain;
pub mod model;
pub mod outcome;
