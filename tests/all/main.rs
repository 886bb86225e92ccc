//! What fanion promises, one claim a test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes_without_reason,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::missing_docs_in_private_items,
    missing_docs,
    reason = "a test that goes wrong should say so loudly"
)]

mod allocations;
mod branches;
mod commands;
mod compatibility;
mod daemon;
mod deadlines;
mod debug;
mod diagnostics;
mod diff;
mod documents;
mod edits;
mod evaluate;
mod events;
mod examples;
mod explain;
mod flagctl;
mod files;
mod follow;
mod get;
mod gherkin;
mod grpc_source;
mod health;
mod http1;
mod http_source;
mod incremental;
mod invented;
mod layers;
mod lint;
mod malformed;
mod metrics;
mod ofrep;
mod options;
mod otel;
mod pages;
mod ports;
mod promise;
mod prompt;
mod protocols;
mod reach;
mod recorded;
mod reflection;
mod refs;
mod reload;
mod rollout;
mod rows;
mod schema;
mod server;
mod skipping;
mod spec;
mod sse;
mod state;
mod sticky;
mod streamed;
mod sync;
mod transport;
mod turns;
mod vectors;
mod words;
