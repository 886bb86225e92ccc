//! Limits that clients reached: counts by limit, and the rate of their log lines.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;

/// The minimum time between two log lines about the same limit.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// A limit of the servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The response bytes that one connection may hold unsent.
    UnsentBytes,
    /// The time that a client may take to accept response bytes.
    WriteTimeout,
    /// The open connections of a port.
    PortConnections,
    /// The open connections of one client to a port.
    ClientConnections,
    /// The file descriptors of the process.
    FileDescriptors,
    /// The open streams.
    Streams,
}

impl Limit {
    const ALL: [Limit; 6] = [
        Limit::UnsentBytes,
        Limit::WriteTimeout,
        Limit::PortConnections,
        Limit::ClientConnections,
        Limit::FileDescriptors,
        Limit::Streams,
    ];

    /// Returns the name in logs and labels.
    pub fn name(self) -> &'static str {
        match self {
            Limit::UnsentBytes => "unsent_bytes",
            Limit::WriteTimeout => "write_timeout",
            Limit::PortConnections => "port_connections",
            Limit::ClientConnections => "client_connections",
            Limit::FileDescriptors => "file_descriptors",
            Limit::Streams => "streams",
        }
    }
}

/// The counters of all limits.
#[derive(Debug)]
pub struct LimitHits {
    created: Instant,
    hits: [AtomicU64; Limit::ALL.len()],
    /// The time from which the next hit is logged, in milliseconds since `created`.
    next_log: [AtomicU64; Limit::ALL.len()],
}

impl Default for LimitHits {
    fn default() -> LimitHits {
        LimitHits {
            created: Instant::now(),
            hits: Default::default(),
            next_log: Default::default(),
        }
    }
}

impl LimitHits {
    /// Counts a hit. Returns the count if a log line is due.
    pub fn count(&self, limit: Limit) -> Option<u64> {
        let (hits, next) = self
            .hits
            .get(limit as usize)
            .zip(self.next_log.get(limit as usize))?;
        let count = hits.fetch_add(1, Ordering::Relaxed) + 1;
        let now = millis(self.created.elapsed());
        let due = next.load(Ordering::Relaxed);
        let is_due = due <= now
            && next
                .compare_exchange(
                    due,
                    now + millis(LOG_INTERVAL),
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok();
        is_due.then_some(count)
    }

    /// Returns the metric family.
    pub fn collect(&self) -> MetricFamily {
        let help = "How often clients reached a limit of the servers.";
        let mut family = MetricFamily::new("fanion.limit_hits", "", MetricKind::Counter, help);
        for (limit, hits) in Limit::ALL.into_iter().zip(&self.hits) {
            let count = MetricValue::Count(hits.load(Ordering::Relaxed));
            family.push(vec![("limit", limit.name().to_owned())], count);
        }
        family
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hit_is_counted_and_the_first_is_logged() {
        let hits = LimitHits::default();
        assert_eq!(hits.count(Limit::Streams), Some(1));
        assert_eq!(hits.count(Limit::Streams), None);
        assert_eq!(hits.count(Limit::WriteTimeout), Some(1));
        let values = hits.collect().series.into_iter();
        let values: Vec<_> = values.map(|series| series.value).collect();
        assert_eq!(values, [0, 1, 0, 0, 0, 2].map(MetricValue::Count));
    }
}
