//! Log output on standard error, as text or JSON, and the log line of a panic.

use std::backtrace::Backtrace;
use std::backtrace::BacktraceStatus;
use std::io;
use std::panic;

use tracing::level_filters::LevelFilter;

use crate::panic_message::panic_message;
use crate::telemetry::log_queue::LogQueue;

/// The format of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Console,
    /// One JSON object per line.
    Json,
}

/// Starts logging. Flag contents and contexts never appear at info level.
///
/// # Errors
/// If the thread that writes the log cannot be created.
pub fn init_logging(format: LogFormat, debug: bool) -> io::Result<LogQueue> {
    let level = if debug {
        LevelFilter::DEBUG
    } else {
        LevelFilter::INFO
    };
    let queue = LogQueue::start()?;
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(queue.clone())
        // The report of such an error is a direct write to standard error, which may block or panic.
        .log_internal_errors(false)
        .with_ansi(false);
    // A subscriber that is already set, as in tests, is kept.
    let _ = match format {
        LogFormat::Console => builder.try_init().is_ok(),
        LogFormat::Json => builder.json().flatten_event(true).try_init().is_ok(),
    };
    log_panics();
    Ok(queue)
}

/// Logs panics like everything else. The hook of the standard library writes to standard error on the thread that
/// panics, and waits there for ever if nobody reads it.
fn log_panics() {
    panic::set_hook(Box::new(|info| {
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or("unnamed");
        let panic = panic_message(info.payload());
        let location = info.location().map(ToString::to_string);
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured)
            .then(|| tracing::field::display(backtrace));
        tracing::error!(thread, panic, location, backtrace, "a thread panicked");
    }));
}
