//! Reasoning about rulesets: what a flag answers to whom, and what a change makes of it, without asking for everyone.
//!
//! A rule asks finitely many questions of finitely many attributes. For every attribute a [`pool`] holds one value for
//! each way in which those questions can be answered, so that asking all values of the pool is asking all values there
//! are. What a unit's `fractional` share is depends on a 32-bit hash, of which every value is possible: shares are
//! intervals of it. [`walk`] runs a rule over sets of values and intervals instead of over one context, and splits them
//! only where the rule does. Each question is put to the real evaluator, so its conversions are not told twice.
//!
//! What is considered: an attribute is absent or null, a boolean, a number, a string, a list of such of one type, or an
//! object; an attribute that units are bucketed by is no list, and has no white space around it; the hashes of
//! different bucketing keys are independent of each other. An operator that asks a question of another kind, such as
//! arithmetic, makes the answer [`space::Unsupported`]: not known, never "fine".

pub mod diff;
pub mod flag_file;
pub mod lint;
pub mod code_refs;
pub mod format;
pub mod engine;
pub mod explain;
pub mod model;
pub mod outcome;

use std::sync::Arc;

use crate::document::Document;
use crate::document::rollout::expand;

/// The flags of a merged document, or of several one behind the other, with rules in place of their words, in the same
/// order: what is reasoned about.
pub fn expand_rollouts(document: &Document) -> Document {
    if document
        .flags
        .iter()
        .all(|flag| flag.rollout_fields.is_none())
    {
        return document.clone();
    }
    let keys: Vec<&str> = document.flags.iter().map(|flag| &*flag.key).collect();
    let flags = expand::expand_all(document.flags.clone(), &keys).into_iter();
    let flags = flags.map(|(flag, _)| Arc::new(flag)).collect();
    Document { flags }
}
