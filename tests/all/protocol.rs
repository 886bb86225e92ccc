//! Wire protocols as a client sees them: gRPC, gRPC-Web, Connect, OFREP, flag sync, HTTP.

pub mod bearer_tokens;
pub mod flag_sync;
pub mod http;
pub mod ofrep;
pub mod rpc;
pub mod selector;
