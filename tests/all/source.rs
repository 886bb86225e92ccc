//! Flag sources: files, HTTP, gRPC, their order, start-up and the state directory.

pub mod error_kinds;
pub mod file;
pub mod grpc;
pub mod http;
#[cfg(feature = "kubernetes")]
pub mod kubernetes;
#[cfg(feature = "object-store")]
pub mod object_store;
pub mod priority;
pub mod sources_option;
pub mod startup;
pub mod state_dir;
pub mod uri;
