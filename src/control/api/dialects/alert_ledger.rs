//! `AlertLedger`: the alerts that were acted on, so that a repeated notification does nothing.

use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::PoisonError;

/// The most alerts that are remembered; the oldest ones are forgotten.
const CAPACITY: usize = 10_000;

/// Alerts that were acted on.
#[derive(Debug, Default)]
pub struct AlertLedger {
    alerts: Mutex<Alerts>,
}

#[derive(Debug, Default)]
struct Alerts {
    known: BTreeSet<String>,
    oldest_first: VecDeque<String>,
}

impl AlertLedger {
    /// Returns true if an alert was acted on.
    pub fn has(&self, alert: &str) -> bool {
        let alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        alerts.known.contains(alert)
    }

    /// Notes an alert that was acted on.
    pub fn add(&self, alert: String) {
        let mut alerts = self.alerts.lock().unwrap_or_else(PoisonError::into_inner);
        if !alerts.known.insert(alert.clone()) {
            return;
        }
        alerts.oldest_first.push_back(alert);
        if alerts.oldest_first.len() > CAPACITY {
            let oldest = alerts.oldest_first.pop_front();
            oldest.map(|oldest| alerts.known.remove(&oldest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_alerts_are_forgotten_first() {
        let ledger = AlertLedger::default();
        for number in 0..=CAPACITY {
            ledger.add(number.to_string());
            ledger.add(number.to_string());
        }
        assert!(!ledger.has("0"));
        assert!(ledger.has("1"));
        assert!(ledger.has(&CAPACITY.to_string()));
    }
}
