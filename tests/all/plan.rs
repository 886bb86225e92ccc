//! Plans in flag files: forms, templates, diagnostics, and the proof that every stage is sticky.

pub mod diagnostics;
pub mod forms;
pub mod steps;
