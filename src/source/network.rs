//! Network sources: documents polled over HTTP or in object stores, flag sync services over gRPC, and resources of
//! Kubernetes.

pub mod backoff;
mod file_reader;
pub mod grpc;
pub mod departure;
pub mod held_revision;
pub mod http;
#[cfg(feature = "kubernetes")]
pub mod kubernetes;
#[cfg(feature = "object-store")]
pub mod object_store;
mod poll_schedule;
mod polling;
pub mod tracked_document;
pub mod supervised_task;
