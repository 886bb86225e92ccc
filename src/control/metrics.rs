//! Metric families of environments and of the journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::control::environment::Environment;
use crate::control::environment::journal::Journal;
use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;

/// Returns the kills that are not recorded and the number of findings, by environment.
pub fn environment_families(
    environments: &BTreeMap<Arc<str>, Arc<Environment>>,
) -> Vec<MetricFamily> {
    let help = "Kills that are published and not in the log yet, because the store does not work.";
    let name = "fanion.control.unjournalled_kills";
    let mut kills = MetricFamily::new(name, "", MetricKind::Gauge, help);
    let help = "Findings: overrides without effect, invalid flags, flags that a file and the store define.";
    let mut findings = MetricFamily::new("fanion.control.findings", "", MetricKind::Gauge, help);
    for (name, environment) in environments {
        let status = environment.status();
        let labels = || vec![("environment", name.to_string())];
        kills.push(labels(), MetricValue::Number(status.backlog.kills as f64));
        findings.push(labels(), MetricValue::Number(status.findings.len() as f64));
    }
    vec![kills, findings]
}

/// Returns how long the store has been busy with one append.
pub fn journal_family(journal: Option<&Journal>) -> MetricFamily {
    let help = "How long the store has been busy with one change; 0 if it is idle.";
    let name = "fanion.control.journal_busy";
    let mut family = MetricFamily::new(name, "s", MetricKind::Gauge, help);
    let busy = journal.and_then(Journal::busy_for).unwrap_or_default();
    family.push(Vec::new(), MetricValue::Number(busy.as_secs_f64()));
    family
}
