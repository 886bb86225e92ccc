//! Decisions of the engine in flags: from a flag file to variants of units.

mod cohorts;
mod definitions;
mod file;
