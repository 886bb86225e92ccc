//! Flags from a gRPC flag sync service.

pub mod reconnect;
pub mod subscription;
pub mod tls;
