//! What bytes mean: requests into contexts, decisions into answers. Pure, synchronous, bounded.
//!
//! Wire constants appear here and nowhere else. Everything comes in two codecs, protobuf and its JSON mapping.

pub mod answer;
pub mod bulk;
pub mod error;
pub mod event;
pub mod extra;
mod field;
pub mod frame;
pub mod health;
mod json;
pub mod ofrep;
pub mod pb;
mod proto;
pub mod reflection;
pub mod request;
pub mod structure;
pub mod stream;
pub mod sync;

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Protobuf.
    Proto,
    /// The JSON mapping of protobuf.
    Json,
}

/// The version of the evaluation contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EvaluationApi {
    /// `schema.v1.Service`
    SchemaV1,
    /// `flagd.evaluation.v1.Service`
    EvaluationV1,
    /// `flagd.evaluation.v2.Service`
    EvaluationV2,
}
