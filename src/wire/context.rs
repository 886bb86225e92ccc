//! Evaluation contexts on the wire: encoded, decoded, and the attributes that the operator adds to them.

mod decode_json;
mod decode_protobuf;
mod value_budget;
pub mod full_context;
pub mod enrichment;
pub mod encoded;
