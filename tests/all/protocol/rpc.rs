//! gRPC, gRPC-Web and Connect on the evaluation port, health and reflection.

pub mod deadline;
pub mod event_stream;
pub mod health;
pub mod reflection;
pub mod resolve;
