//! Network sources: documents polled over HTTP, and flag sync services over gRPC.

pub mod backoff;
mod file_reader;
pub mod grpc;
pub mod http;
pub mod tracked_document;
pub mod supervised_task;
