//! Sources behind a network connection: documents polled over HTTP, and flag sync services over gRPC.

pub mod backoff;
pub mod error_chain;
pub mod grpc;
pub mod http;
pub mod source;
pub mod tls;
