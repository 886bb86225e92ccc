//! Flags from a gRPC flag sync service.

pub mod bearer_token;
pub mod compression;
pub mod proxy;
pub mod reconnect;
pub mod subscription;
pub mod tls;
