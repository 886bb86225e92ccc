//! All metric families of the process, gathered for `/metrics` and for OTLP.

use crate::metric::family::MetricFamily;
use crate::metric::registry::Metrics;
use crate::snapshot::Snapshot;

/// Everything that is counted, at this moment.
pub fn collect_families(metrics: &Metrics, snapshot: &Snapshot) -> Vec<MetricFamily> {
    let mut families: Vec<MetricFamily> = snapshot.evaluations.collect().into();
    families.extend(metrics.collect());
    let gauge = |name, help, number| MetricFamily::gauge(name, "", help, number);
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
