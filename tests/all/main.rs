//! Tests of the crate and its programs. Each test is named as a claim.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes_without_reason,
    clippy::disallowed_methods,
    clippy::format_collect,
    clippy::format_push_string,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::missing_docs_in_private_items,
    missing_docs,
    reason = "a test reports failures by panicking"
)]

mod analysis;
mod change_model;
mod cli;
#[cfg(feature = "control")]
mod control;
mod document;
mod evaluation;
mod evidence;
mod fuzz_corpus;
mod meta;
mod plan;
mod protocol;
mod rollout;
mod server;
mod source;
mod support;

/// The checks of the fuzz targets.
#[path = "../../fuzz/src/checks"]
mod checks {
    pub mod documents;
    pub mod envelope;
    pub mod flag_sync;
    pub mod http1_head;
    pub mod http2_frames;
    pub mod json_request;
    pub mod protobuf_request;
    pub mod rule_oracle;
    pub mod rule_text;
    pub mod sample_flags;
    pub mod selector;
    pub mod state_file;
}
