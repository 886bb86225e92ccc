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
