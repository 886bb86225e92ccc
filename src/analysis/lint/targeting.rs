//! Lints of targeting rules: one file per lint, and the visitors over a rule that they share.

pub mod absent_attribute;
pub mod bucketing_key;
pub mod condition_causes;
pub mod condition_visitor;
pub mod constant_condition;
pub mod constant_rule;
pub mod operand;
pub mod shared_bucket;
pub mod single_share;
pub mod unknown_attribute;
pub mod unreachable_branch;
pub mod unsatisfiable_comparison;
pub mod visit;
