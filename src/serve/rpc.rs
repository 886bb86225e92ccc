//! The evaluation port: gRPC, gRPC-Web and Connect, with the health and reflection services of every gRPC port.

pub mod builtin_services;
pub mod call_headers;
pub mod compression;
pub mod connect;
pub mod deadline;
pub mod envelope;
pub mod event_stream;
pub mod grpc;
pub mod negotiate;
pub mod route;
pub mod router;
pub mod service;
pub mod stream_framing;
