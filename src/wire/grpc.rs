//! gRPC's own messages: length-prefixed messages, `grpc.health.v1` and `grpc.reflection.v1`.

pub mod health;
pub mod length_prefixed_message;
pub mod reflection;
