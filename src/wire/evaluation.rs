//! Requests, responses and events of flagd's evaluation services (`schema.v1`, `flagd.evaluation.v1` and `v2`), in
//! protobuf and JSON.

pub mod event_stream;
pub mod request;
pub mod resolve_all_response;
pub mod resolve_response;
