//! What a client sees on the wire: gRPC, gRPC-Web, Connect, OFREP, flag sync, HTTP.

pub mod flag_sync;
pub mod http;
pub mod ofrep;
pub mod rpc;
