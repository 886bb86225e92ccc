//! The store: appends, history, queries, failures, crashes, tampering, backups.

mod append;
mod backup;
mod crash;
mod failure;
mod open;
mod query;
mod script;
mod tamper;
mod write_failure;
