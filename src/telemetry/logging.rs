//! Log output on standard error, as text or JSON.

use tracing::level_filters::LevelFilter;

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
pub fn init_logging(format: LogFormat, debug: bool) {
    let level = if debug {
        LevelFilter::DEBUG
    } else {
        LevelFilter::INFO
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    // A subscriber that is already set, as in tests, is kept.
    let _ = match format {
        LogFormat::Console => builder.try_init().is_ok(),
        LogFormat::Json => builder.json().flatten_event(true).try_init().is_ok(),
    };
}
