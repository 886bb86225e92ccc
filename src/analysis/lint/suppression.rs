//! Suppression of findings: the baseline of known findings, and ignore comments in flag files.

pub mod baseline;
pub mod ignore_comment;
