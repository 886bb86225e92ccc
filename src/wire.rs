//! Wire formats: requests to contexts, decisions to responses. Pure, synchronous, bounded.
//!
//! Messages of the evaluation services have two codecs, protobuf and its JSON mapping; OFREP is JSON. All message
//! formats are here. Names that belong to a transport are defined with the transport: header names, content types and
//! service paths in `serve::rpc`, `serve::ofrep` and `serve::sync`, those of outgoing requests in `source::network` and
//! `telemetry`, and the routes that are metric labels in `metric::http_server::request_labels`.

pub mod rpc_error;
pub mod ofrep;
pub mod flag_sync;
pub mod content_hash;
pub mod fleet;
pub mod context;
pub mod evaluation;
pub mod grpc;
pub mod protobuf;
pub mod query;
pub mod selector_metadata;

/// The encoding of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Protobuf.
    Proto,
    /// The JSON mapping of protobuf.
    Json,
}

/// The version of the evaluation service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EvaluationApi {
    /// `schema.v1.Service`
    SchemaV1,
    /// `flagd.evaluation.v1.Service`
    EvaluationV1,
    /// `flagd.evaluation.v2.Service`
    EvaluationV2,
}
