//! Metric families of replicas.

use std::collections::BTreeMap;
use std::time::Duration;
use std::time::SystemTime;

use crate::control::fleet::environment::FleetEnvironment;
use crate::control::fleet::progress::LaggardState;
use crate::control::fleet::progress::Progress;
use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;

/// Returns the number of replicas by state, the lag, and the revision of each environment.
pub fn families(environments: &[FleetEnvironment], now: SystemTime) -> Vec<MetricFamily> {
    let help = "Replicas by state. Those of the states applied, connected, ahead, disconnected, refused and never-seen are expected to apply each revision; plain peers send no receipts.";
    let mut replicas = MetricFamily::new("fanion.control.replicas", "", MetricKind::Gauge, help);
    let help = "The longest time since which an expected replica has not applied the newest revision; 0 if all have.";
    let name = "fanion.control.replica_lag";
    let mut lag = MetricFamily::new(name, "s", MetricKind::Gauge, help);
    let help = "The number of the newest revision.";
    let mut revision = MetricFamily::new("fanion.control.revision", "", MetricKind::Gauge, help);
    for environment in environments {
        let newest = environment.revision.borrow().id();
        let progress = environment.replicas.progress(&newest, now);
        let label = || ("environment", environment.name.clone());
        for (state, count) in count_states(&progress) {
            let labels = vec![label(), ("state", state.to_owned())];
            replicas.push(labels, MetricValue::Number(count as f64));
        }
        let ages = progress.laggards.iter().map(|laggard| laggard.age);
        let longest = ages.max().unwrap_or(Duration::ZERO).as_secs_f64();
        lag.push(vec![label()], MetricValue::Number(longest));
        revision.push(vec![label()], MetricValue::Number(newest.number as f64));
    }
    vec![replicas, lag, revision]
}

fn count_states(progress: &Progress) -> BTreeMap<&'static str, usize> {
    let states = [
        LaggardState::Connected,
        LaggardState::Ahead,
        LaggardState::Disconnected,
        LaggardState::Refused(String::new()),
        LaggardState::NeverSeen,
    ];
    let mut counts: BTreeMap<_, _> = states.iter().map(|state| (state.name(), 0)).collect();
    counts.insert("applied", progress.applied);
    counts.insert("plain", progress.plain.connected);
    for laggard in &progress.laggards {
        *counts.entry(laggard.state.name()).or_default() += 1;
    }
    counts
}
