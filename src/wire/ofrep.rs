//! The OpenFeature Remote Evaluation Protocol (OFREP): requests and responses in JSON over HTTP.
//!
//! <https://github.com/open-feature/protocol>. Statuses and texts are flagd's.

pub mod error_response;
pub mod evaluation_response;
pub mod request;
pub mod sse_events;
