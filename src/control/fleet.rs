//! Flag sync of the control plane: revisions to sidecars, documents to plain peers, and receipts.
//!
//! [`server::serve`] serves a port. Each environment has a [`replica_registry::ReplicaRegistry`], which knows the
//! revision of each sidecar: it has no I/O, and its callers pass the time.

pub mod environment;
pub mod expectation;
pub mod history;
mod message_cache;
pub mod metrics;
pub mod progress;
pub mod replica;
pub mod replica_registry;
mod replicas;
mod report_stream;
pub mod server;
mod service;
mod sync_streams;
