//! The multi-threaded runtime of a program.

use std::io;
use std::num::NonZero;
use std::sync::mpsc;
use std::thread;

use tokio::runtime::Builder;
use tokio::runtime::Runtime;

/// Builds a runtime with this many workers, by default one for each processor.
///
/// # Errors
/// If the limit of threads is too low. tokio panics then, and waits for ever for the workers that have started: so the
/// threads are tried before.
pub fn build(workers: Option<usize>) -> Result<Runtime, String> {
    let mut builder = Builder::new_multi_thread();
    if let Some(workers) = workers {
        builder.worker_threads(workers);
    }
    let processors = || thread::available_parallelism().map_or(1, NonZero::get);
    let threads = workers.unwrap_or_else(processors);
    try_threads(threads).map_err(|error| {
        format!(
            "cannot start {threads} threads: {error} \
             (help: raise the limit of threads, `pids.max` of the control group or `ulimit -u`)"
        )
    })?;
    let built = builder.enable_all().build();
    built.map_err(|error| format!("cannot start the async runtime: {error}"))
}

/// Starts and ends this many threads.
fn try_threads(count: usize) -> io::Result<()> {
    let (end, ended) = mpsc::channel::<()>();
    let ended = std::sync::Mutex::new(ended);
    thread::scope(|scope| {
        let started = (0..count).try_for_each(|_| {
            let wait = || drop(ended.lock().map(|ended| ended.recv()));
            thread::Builder::new().spawn_scoped(scope, wait).map(drop)
        });
        drop(end);
        started
    })
}
