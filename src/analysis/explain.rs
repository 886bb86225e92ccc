//! Explanations of one evaluation: the traces of rollout fields and of a rule, and counterfactuals, the smallest changes
//! that lead to another variant.

pub mod bucket_text;
pub mod counterfactual;
pub mod field_trace;
pub mod parse_definition;
pub mod trace;
