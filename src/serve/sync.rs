//! The sync port: `flagd.sync.v1.FlagSyncService`, gRPC only, for providers and daemons that evaluate in process.

pub mod request;
pub mod service;
pub mod sync_stream;
