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
mod cli;
mod document;
mod evaluation;
mod meta;
mod protocol;
mod rollout;
mod server;
mod source;
mod support;
