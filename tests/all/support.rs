//! Helpers shared by tests: servers, clients, sources, certificates, random flags.

pub mod allocation_counter;
pub mod byte_mutator;
pub mod evaluate;
pub mod flagd;
pub mod lint;
pub mod options;
pub mod oracle;
pub mod program;
pub mod random_flags;
pub mod server;
pub mod sources;
pub mod temp_dir;
pub mod wait;
