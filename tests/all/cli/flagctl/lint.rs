//! `flagctl lint`: its rules, configuration and suppression of findings.

pub mod against;
pub mod attribute;
pub mod bucketing;
pub mod condition;
pub mod configuration;
pub mod constant_rule;
pub mod duplicate_definition;
pub mod lifecycle;
pub mod lossy_scalar;
pub mod naming;
pub mod remote_module_url;
pub mod suppression;
pub mod unreachable_branch;
