//! The evaluation port: gRPC, gRPC-Web and Connect, with the health and reflection services of every gRPC port.

pub mod builtin_services;
pub mod call;
pub mod connect;
pub mod deadline;
pub mod envelope;
pub mod event_stream;
pub mod grpc;
pub mod health;
pub mod negotiate;
pub mod reflection;
pub mod router;
