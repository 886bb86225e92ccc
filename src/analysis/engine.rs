//! The analyses over the model: symbolic execution, branch coverage and reachability, unsatisfiable cores, and the
//! search for example contexts.

pub mod abstract_value;
pub mod equivalent_representatives;
pub mod coverage;
pub mod condition_truth;
pub mod example_search;
pub mod fractional_split;
pub mod branch_conditions;
pub mod reachability;
pub mod symbolic_execution;
pub mod unsat_core;
