//! Flag sources: files, HTTP, gRPC, their order, start-up and the state directory.

pub mod file;
pub mod grpc;
pub mod http;
pub mod state_dir;
pub mod uri;
