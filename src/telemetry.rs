//! What the process says of itself: logs, on standard error, and everything that it counts.

use tracing::level_filters::LevelFilter;

use crate::metric::Metrics;
use crate::metric::family::Family;
use crate::snapshot::Snapshot;

/// How log lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Console,
    /// One JSON object a line.
    Json,
}

/// Starts logging. Flag contents and contexts never appear at info level.
pub fn start(format: LogFormat, debug: bool) {
    let level = if debug {
        LevelFilter::DEBUG
    } else {
        LevelFilter::INFO
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    // A subscriber that is there already, as in tests, stays.
    let _ = match format {
        LogFormat::Console => builder.try_init().is_ok(),
        LogFormat::Json => builder.json().flatten_event(true).try_init().is_ok(),
    };
}

/// Everything that is counted, at this moment.
pub fn families(metrics: &Metrics, snapshot: &Snapshot) -> Vec<Family> {
    let mut families: Vec<Family> = snapshot.tally.collect().into();
    families.extend(metrics.collect());
    let gauge = |name, help, number| Family::gauge(name, "", help, number);
    families.push(gauge(
        "fanion.snapshot_generation",
        "How often the flags changed since the start.",
        snapshot.generation as f64,
    ));
    families.push(gauge(
        "fanion.flags",
        "How many flags are in force.",
        snapshot.ruleset.flags.len() as f64,
    ));
    families
}
