//! Metric families of the sources: freshness, updates, errors by kind; and of the update thread.

use std::sync::Arc;
use std::time::SystemTime;

use crate::metric::family::Labels;
use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;
use crate::source::status::SourceHealth;
use crate::source::status::SourceStatus;

/// A gauge of a source; `None` if it has no value.
type GaugeFn = fn(&SourceHealth, SystemTime) -> Option<f64>;

const GAUGES: [(&str, &str, &str, GaugeFn); 5] = [
    (
        "fanion.source.last_success_timestamp",
        "s",
        "Time when the flags of the source were last known to be up to date, in seconds since the epoch.",
        |state, _| state.last_success.map(seconds),
    ),
    (
        "fanion.source.last_error_timestamp",
        "s",
        "Time of the last error of the source, in seconds since the epoch.",
        |state, _| state.last_error.as_ref().map(|(when, _)| seconds(*when)),
    ),
    (
        "fanion.source.stale",
        "",
        "1 if the source may have newer flags than the active ones, else 0.",
        |state, _| Some(f64::from(u8::from(state.is_stale()))),
    ),
    (
        "fanion.source.age",
        "s",
        "Time since the flags of a stale source were last known to be up to date; 0 if it is not stale, infinite if unknown.",
        |state, now| {
            if state.is_age_unknown(now) {
                return Some(f64::INFINITY);
            }
            Some(state.age(now).unwrap_or_default().as_secs_f64())
        },
    ),
    (
        "fanion.source.revision",
        "",
        "Number of the revision of a control plane that is served.",
        |state, _| state.revision.map(|revision| revision.number as f64),
    ),
];

/// Returns the metric families of all sources.
pub fn families(statuses: &[Arc<SourceStatus>], now: SystemTime) -> Vec<MetricFamily> {
    let read = statuses.iter();
    let read: Vec<(Labels, SourceHealth)> = read
        .map(|status| (labels(status), status.health()))
        .collect();
    let gauge =
        |(name, unit, help, measure): (&'static str, &'static str, &'static str, GaugeFn)| {
            let mut family = MetricFamily::new(name, unit, MetricKind::Gauge, help);
            for (labels, state) in &read {
                if let Some(number) = measure(state, now) {
                    family.push(labels.clone(), MetricValue::Number(number));
                }
            }
            family
        };
    GAUGES
        .into_iter()
        .map(gauge)
        .chain([updates_counter(&read), errors_counter(statuses, &read)])
        .collect()
}

fn updates_counter(read: &[(Labels, SourceHealth)]) -> MetricFamily {
    let help =
        "Updates of the source by result: documents accepted or refused, and failed attempts.";
    let mut family = MetricFamily::new("fanion.source.updates", "", MetricKind::Counter, help);
    for (labels, state) in read {
        for (result, count) in [
            ("accepted", state.accepted),
            ("refused", state.refused),
            ("failed", state.failed),
        ] {
            let labels = labels
                .iter()
                .cloned()
                .chain([("result", result.to_owned())]);
            family.push(labels.collect(), MetricValue::Count(count));
        }
    }
    family
}

/// Returns failures by kind of error. Here the label `kind` is the kind of the error; in the other families, that of
/// the source.
fn errors_counter(statuses: &[Arc<SourceStatus>], read: &[(Labels, SourceHealth)]) -> MetricFamily {
    let help = "Failures of the source by kind of error, including refused documents.";
    let mut family = MetricFamily::new("fanion.source.errors", "", MetricKind::Counter, help);
    for (status, (_, health)) in statuses.iter().zip(read) {
        for (kind, count) in &health.errors {
            let labels = vec![
                ("source", status.redacted_name.to_string()),
                ("kind", kind.as_str().to_owned()),
            ];
            family.push(labels, MetricValue::Count(*count));
        }
    }
    family
}

/// Returns the gauge of the update thread: 1 if it responded to the last liveness check.
pub fn update_thread_up(is_responsive: bool) -> MetricFamily {
    let help = "1 if the thread that applies flag updates responds, else 0.";
    let name = "fanion.update_thread.up";
    let mut family = MetricFamily::new(name, "", MetricKind::Gauge, help);
    let value = f64::from(u8::from(is_responsive));
    family.push(Labels::new(), MetricValue::Number(value));
    family
}

fn labels(status: &SourceStatus) -> Labels {
    vec![
        ("source", status.redacted_name.to_string()),
        ("kind", status.kind.to_owned()),
    ]
}

fn seconds(when: SystemTime) -> f64 {
    let since = when.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}
