//! The files of the program that are tested.

#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a test uses a part of each file, and unit tests are not compiled without a harness"
)]

#[path = "../../src/serve/connection/connection_waker.rs"]
pub mod connection_waker;
#[path = "../../src/serve/connection/http2_executor.rs"]
pub mod http2_executor;
#[path = "../../src/source/file/scan_worker.rs"]
pub mod scan_worker;
#[path = "../../src/snapshot/selector_cache.rs"]
pub mod selector_cache;
#[path = "../../src/serve/connection/unsent_budget.rs"]
pub mod unsent_budget;
#[path = "../../src/source/state_dir/write_queue.rs"]
pub mod write_queue;
