//! gRPC, gRPC-Web and Connect on the evaluation port, health and reflection.

pub mod compression;
pub mod connect;
pub mod content_type;
pub mod deadline;
pub mod errors;
pub mod event_stream;
pub mod grpc;
pub mod health;
pub mod reflection;
pub mod resolve;
pub mod resolve_all;
