//! Lints of targeting rules: one file per lint, and the visitor over a rule's operations that they share.

pub mod absent_attribute;
pub mod bucketing_key;
pub mod constant_rule;
pub mod unknown_attribute;
pub mod unreachable_branch;
pub mod visit;
