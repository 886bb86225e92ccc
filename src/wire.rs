//! What bytes mean: requests into contexts, decisions into answers. Pure, synchronous, bounded.
//!
//! Wire constants appear here and nowhere else. Everything comes in two codecs, protobuf and its JSON mapping.

pub mod rpc_error;
pub mod ofrep;
pub mod flag_sync;
pub mod context;
pub mod evaluation;
pub mod grpc;
pub mod protobuf;

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
