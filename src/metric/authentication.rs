//! Requests that were rejected because they had no valid token, by port.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;

/// The ports that may require a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthenticatedPort {
    /// Evaluation.
    Evaluation,
    /// OFREP.
    Ofrep,
    /// Flag sync.
    Sync,
}

impl AuthenticatedPort {
    const ALL: [AuthenticatedPort; 3] = [
        AuthenticatedPort::Evaluation,
        AuthenticatedPort::Ofrep,
        AuthenticatedPort::Sync,
    ];

    /// Returns the name in labels.
    fn name(self) -> &'static str {
        match self {
            AuthenticatedPort::Evaluation => "evaluation",
            AuthenticatedPort::Ofrep => "ofrep",
            AuthenticatedPort::Sync => "sync",
        }
    }
}

/// Counters of rejected requests.
#[derive(Debug, Default)]
pub struct AuthenticationMetrics {
    rejected: [AtomicU64; AuthenticatedPort::ALL.len()],
}

impl AuthenticationMetrics {
    /// Counts a request that was rejected.
    pub fn count_rejection(&self, port: AuthenticatedPort) {
        if let Some(rejected) = self.rejected.get(port as usize) {
            rejected.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns the metric family.
    pub fn collect(&self) -> MetricFamily {
        let help = "Requests that were rejected because they had no valid bearer token.";
        let name = "fanion.unauthenticated_requests";
        let mut family = MetricFamily::new(name, "", MetricKind::Counter, help);
        for (port, rejected) in AuthenticatedPort::ALL.into_iter().zip(&self.rejected) {
            let count = MetricValue::Count(rejected.load(Ordering::Relaxed));
            family.push(vec![("port", port.name().to_owned())], count);
        }
        family
    }
}
