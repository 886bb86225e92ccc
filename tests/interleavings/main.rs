//! Interleavings of threads: the hand-written synchronization, compiled with primitives whose threads shuttle schedules.
//!
//! The files below are those of the program: `#[path]` includes them, and `sync_primitives` of this crate replaces that
//! of the program. A test runs thousands of random interleavings. A thread that waits for ever fails the test, as a
//! deadlock.
//!
//! The target has no harness: the unit tests in the included files use threads that nothing schedules, and run with the
//! program. Words on the command line select tests by part of their names.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test reports failures by panicking"
)]

mod connection_tests;
mod program;
mod scan_worker_tests;
mod selector_cache_tests;
mod signal;
mod write_queue_tests;

use fanion::limits;
use fanion::metric;
use fanion::selector;

/// The primitives of the included files.
mod sync_primitives {
    pub use shuttle::sync::Condvar;
    pub use shuttle::sync::Mutex;
    pub use shuttle::sync::MutexGuard;
    pub use shuttle::sync::atomic;
    pub use shuttle::thread;
}

mod document {
    pub use fanion::document::*;
}

mod rule {
    pub use fanion::rule::*;
}

mod serve {
    pub use fanion::serve::http;
    pub use fanion::serve::tasks;

    pub mod connection {
        pub use crate::program::connection_waker;
        pub use crate::program::unsent_budget;
    }
}

mod source {
    pub use fanion::source::background_priority;
    pub use fanion::source::file;
    pub use fanion::source::layer;
    pub use fanion::source::state_dir;
    pub use fanion::source::update_channel;
}

/// The tests by name.
const TESTS: &[(&str, fn())] = &[
    (
        "connection_sees_each_wakeup",
        connection_tests::connection_sees_each_wakeup,
    ),
    (
        "released_bytes_wake_each_waiting_task",
        connection_tests::released_bytes_wake_each_waiting_task,
    ),
    (
        "executor_answers_each_request_of_a_connection",
        connection_tests::executor_answers_each_request_of_a_connection,
    ),
    (
        "newest_document_is_stored_and_the_thread_ends",
        write_queue_tests::newest_document_is_stored_and_the_thread_ends,
    ),
    (
        "each_requested_scan_is_reported",
        scan_worker_tests::each_requested_scan_is_reported,
    ),
    (
        "value_of_a_selector_is_created_once",
        selector_cache_tests::value_of_a_selector_is_created_once,
    ),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let is_listing = arguments.iter().any(|argument| argument == "--list");
    for (name, test) in TESTS {
        let is_selected = words.is_empty() || words.iter().any(|word| name.contains(&***word));
        match (is_selected, is_listing) {
            (false, _) => {}
            (true, true) => println!("{name}: test"),
            (true, false) => {
                test();
                println!("test {name} ... ok");
            }
        }
    }
}

/// Runs a test with random interleavings: uniformly random ones, and ones with few changes of the running thread.
fn explore(interleavings: usize, test: impl Fn() + Send + Sync + Copy + 'static) {
    let config = || {
        let mut config = shuttle::Config::new();
        // The parser of flag documents runs on these stacks.
        config.stack_size = 256 * 1024;
        // Relaxed accesses are those of counters, whose order does not matter.
        config.silence_warnings = true;
        config
    };
    let random = shuttle::scheduler::RandomScheduler::new(interleavings);
    shuttle::Runner::new(random, config()).run(test);
    let few_changes = shuttle::scheduler::PctScheduler::new(3, interleavings);
    shuttle::Runner::new(few_changes, config()).run(test);
}
