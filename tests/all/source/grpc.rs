//! Flags from a gRPC flag sync service.

pub mod subscription;
