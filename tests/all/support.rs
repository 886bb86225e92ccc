//! Helpers shared by tests: servers, clients, sources, certificates, random flags.

pub mod daemon;
pub mod evaluate;
pub mod flagd_recordings;
pub mod random_flags;
pub mod server;
pub mod sources;
