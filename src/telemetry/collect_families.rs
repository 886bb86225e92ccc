//! Collects all metric families of the process, for `/metrics` and for OTLP.

use crate::metric::family::MetricFamily;
use crate::metric::registry::Metrics;
use crate::snapshot::Snapshot;

/// Returns all metric families with their current values.
pub fn collect_families(metrics: &Metrics, snapshot: &Snapshot) -> Vec<MetricFamily> {
    let mut families: Vec<MetricFamily> = snapshot.evaluations.collect().into();
    families.extend(metrics.collect());
    let gauge = |name, help, number| MetricFamily::gauge(name, "", help, number);
    families.push(gauge(
        "fanion.snapshot_generation",
        "Generation of the active snapshot: the number of flag changes since the start.",
        snapshot.generation as f64,
    ));
    families.push(gauge(
        "fanion.flags",
        "Number of active flags.",
        snapshot.ruleset.flags.len() as f64,
    ));
    families
}
