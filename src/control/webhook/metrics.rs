//! Metric families of webhooks.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::control::webhook::dispatcher::Dispatcher;
use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;

/// Returns the waiting events, the dead letters and the attempts, by endpoint and environment.
pub fn families(dispatchers: &[Arc<Dispatcher>]) -> Vec<MetricFamily> {
    let help = "Events that wait to be delivered to an endpoint.";
    let name = "fanion.control.webhook.waiting";
    let mut waiting = MetricFamily::new(name, "", MetricKind::Gauge, help);
    let help = "Events that were given up for an endpoint, until somebody retries them.";
    let name = "fanion.control.webhook.dead";
    let mut dead = MetricFamily::new(name, "", MetricKind::Gauge, help);
    let help = "Attempts to deliver an event, by outcome.";
    let name = "fanion.control.webhook.attempts";
    let mut attempts = MetricFamily::new(name, "", MetricKind::Counter, help);
    for dispatcher in dispatchers {
        let labels = || {
            let endpoint = ("endpoint", dispatcher.endpoint.name.clone());
            vec![
                endpoint,
                ("environment", dispatcher.environment.name.to_string()),
            ]
        };
        let outbox = dispatcher.outbox();
        waiting.push(labels(), MetricValue::Number(outbox.waiting() as f64));
        dead.push(labels(), MetricValue::Number(outbox.dead.len() as f64));
        for (outcome, count) in ["delivered", "failed"]
            .into_iter()
            .zip(&dispatcher.attempts)
        {
            let labels = labels()
                .into_iter()
                .chain([("outcome", outcome.to_owned())]);
            let count = count.load(Ordering::Relaxed);
            attempts.push(labels.collect(), MetricValue::Count(count));
        }
    }
    vec![waiting, dead, attempts]
}
