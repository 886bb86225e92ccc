//! Numbers about the process: counters that a request touches by index, and families of them as they are exported.
//!
//! Counting is a relaxed addition: no lock, no hash, no allocation once a counter has been used. Names and labels are
//! made when someone asks. <https://flagd.dev/reference/monitoring/>

pub mod family;
pub mod histogram;
pub mod http_server;
pub mod process;
pub mod sync_stream;
pub mod evaluation;
pub mod prometheus;

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;
use crate::metric::histogram::Histogram;
use crate::metric::http_server::HttpServerMetrics;
use crate::metric::sync_stream::SyncStreamMetrics;

/// The name under which the process reports, for flagd's dashboards the same as flagd's.
pub const SERVICE_NAME: &str = "flagd";

/// How long evaluations take: from 250 ns to 10 ms.
const EVALUATION_DURATION_BOUNDS: [u64; 14] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 10_000_000,
];

/// What the servers count. The counts of flags ride on the snapshot, see [`tally`].
#[derive(Debug)]
pub struct Metrics {
    /// Requests over HTTP.
    pub http: HttpServerMetrics,
    /// Streams of flag sync.
    pub sync_streams: SyncStreamMetrics,
    /// How long it takes from a request's bytes to its answer's, for one flag.
    pub single_duration: Histogram,
    /// The same for all flags.
    pub bulk_duration: Histogram,
    /// What describes the process as a whole: `service.name` and the like.
    pub resource: Vec<(String, String)>,
    registered: Mutex<Vec<RegisteredCollector>>,
}

/// Families that are computed when someone asks.
struct RegisteredCollector(Box<dyn Fn() -> Vec<MetricFamily> + Send>);

impl std::fmt::Debug for RegisteredCollector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source")
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new(vec![
            ("service.name".to_owned(), SERVICE_NAME.to_owned()),
            (
                "service.version".to_owned(),
                env!("CARGO_PKG_VERSION").to_owned(),
            ),
        ])
    }
}

impl Metrics {
    /// Counters that stand at zero, of a process with this description.
    pub fn new(resource: Vec<(String, String)>) -> Metrics {
        Metrics {
            http: HttpServerMetrics::default(),
            sync_streams: SyncStreamMetrics::default(),
            single_duration: Histogram::for_durations(&EVALUATION_DURATION_BOUNDS),
            bulk_duration: Histogram::for_durations(&EVALUATION_DURATION_BOUNDS),
            resource,
            registered: Mutex::default(),
        }
    }

    /// Adds families that `source` computes whenever someone asks.
    pub fn register(&self, collector: impl Fn() -> Vec<MetricFamily> + Send + 'static) {
        let mut more = self
            .registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        more.push(RegisteredCollector(Box::new(collector)));
    }

    /// Everything that was counted here.
    pub fn collect(&self) -> Vec<MetricFamily> {
        let mut families = self.http.collect(SERVICE_NAME);
        families.extend(self.sync_streams.collect());
        families.push(self.evaluation_duration());
        families.push(build_info());
        families.extend(process::collect());
        let more = self
            .registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        families.extend(more.iter().flat_map(|source| source.0()));
        families
    }

    fn evaluation_duration(&self) -> MetricFamily {
        let help = "How long it takes from a request's bytes to its answer's.";
        let mut family = MetricFamily::new(
            "fanion.evaluation.duration",
            "s",
            MetricKind::Histogram,
            help,
        );
        for (kind, histogram) in [
            ("single", &self.single_duration),
            ("bulk", &self.bulk_duration),
        ] {
            family.push(vec![("kind", kind.into())], histogram.collect());
        }
        family
    }
}

fn build_info() -> MetricFamily {
    let help = "Which build this is; the value is always 1.";
    let mut family = MetricFamily::new("fanion.build_info", "", MetricKind::Gauge, help);
    let version = env!("CARGO_PKG_VERSION").to_owned();
    family.push(vec![("version", version)], MetricValue::Number(1.0));
    family
}

/// Whole nanoseconds; more than five centuries are as many as fit.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
