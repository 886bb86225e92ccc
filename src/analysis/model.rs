//! The symbolic model of a flag: its rule as symbolic expressions, its input domain, sets of contexts, and bucketing.

pub mod bitset;
pub mod bucketing;
pub mod comparisons;
pub mod compiled_expr;
pub mod context_set;
pub mod input_domain;
pub mod lowering;
pub mod owned_context;
pub mod program;
pub mod representatives;
pub mod symbolic_expr;
pub mod unsupported;
pub mod var_path;
