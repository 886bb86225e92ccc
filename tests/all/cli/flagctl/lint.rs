//! `flagctl lint`: its rules, configuration and suppression of findings.

pub mod against;
pub mod configuration;
pub mod unreachable_branch;
