//! Messages of `fanion.fleet.v1`: flag sync with revisions, deltas and receipts. Pure, bounded.

pub mod definitions;
pub mod receipt;
pub mod replica_identity;
pub mod revision_id;
pub mod schema_version;
pub mod sync_request;
pub mod sync_response;
