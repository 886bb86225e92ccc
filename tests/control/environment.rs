//! An environment in this process: real flag files and a real store.

mod commands;
mod edits;
mod failing_store;
mod history;
mod linearizability;
mod owned_flags;
mod running;
