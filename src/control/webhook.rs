//! Webhooks: each event of the log is sent to endpoints, signed as Standard Webhooks 1.0, at least once.
//!
//! ```text
//! log ──events after the cursor──▶ Outbox ──due──▶ request ──status──▶ Outbox ──▶ record in the store
//! ```
//!
//! The log is the outbox: an event is in it in the transaction of its change, so no crash loses one. Beside it, the store
//! keeps how far each endpoint is. A crash between a request and its record repeats the request with the same id.
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

pub mod dispatcher;
pub mod endpoint;
pub mod message;
pub mod metrics;
pub mod outbox;
pub mod routes;
pub mod sender;
pub mod signature;
