//! Tests of the control plane, which is built with the feature `control`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test reports failures by panicking"
)]

mod api;
mod dialect;
mod engine;
mod environment;
mod rollouts;
mod store;
