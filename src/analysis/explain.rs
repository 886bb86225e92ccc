//! Explanations of one evaluation: the trace of a rule, and counterfactuals, the smallest changes that lead to another
//! variant.

pub mod counterfactual;
pub mod parse_definition;
pub mod trace;
