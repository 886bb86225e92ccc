//! Numbers about the process: counters that a request touches by index, and families of them as they are exported.
//!
//! Counting is a relaxed addition: no lock, no hash, no allocation once a counter has been used. Names and labels are
//! made when someone asks. <https://flagd.dev/reference/monitoring/>

pub mod family;
pub mod histogram;
pub mod http;
pub mod process;
pub mod stream;
pub mod tally;
pub mod text;

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use crate::metric::family::Family;
use crate::metric::family::Kind;
use crate::metric::family::Value;
use crate::metric::histogram::Histogram;
use crate::metric::http::Http;
use crate::metric::stream::Streams;

/// The name under which the process reports, for flagd's dashboards the same as flagd's.
pub const SERVICE: &str = "flagd";

/// How long evaluations take: from 250 ns to 10 ms.
const EVALUATION: [u64; 14] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 10_000_000,
];

/// What the servers count. The counts of flags ride on the snapshot, see [`tally`].
#[derive(Debug)]
pub struct Metrics {
    /// Requests over HTTP.
    pub http: Http,
    /// Streams of flag sync.
    pub streams: Streams,
    /// How long it takes from a request's bytes to its answer's, for one flag.
    pub single: Histogram,
    /// The same for all flags.
    pub bulk: Histogram,
    /// What describes the process as a whole: `service.name` and the like.
    pub resource: Vec<(String, String)>,
    more: Mutex<Vec<Source>>,
}

/// Families that are computed when someone asks.
struct Source(Box<dyn Fn() -> Vec<Family> + Send>);

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source")
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new(vec![
            ("service.name".to_owned(), SERVICE.to_owned()),
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
            http: Http::default(),
            streams: Streams::default(),
            single: Histogram::of_time(&EVALUATION),
            bulk: Histogram::of_time(&EVALUATION),
            resource,
            more: Mutex::default(),
        }
    }

    /// Adds families that `source` computes whenever someone asks.
    pub fn add(&self, source: impl Fn() -> Vec<Family> + Send + 'static) {
        let mut more = self.more.lock().unwrap_or_else(PoisonError::into_inner);
        more.push(Source(Box::new(source)));
    }

    /// Everything that was counted here.
    pub fn collect(&self) -> Vec<Family> {
        let mut families = self.http.collect(SERVICE);
        families.extend(self.streams.collect());
        families.push(self.evaluation());
        families.push(build());
        families.extend(process::collect());
        let more = self.more.lock().unwrap_or_else(PoisonError::into_inner);
        families.extend(more.iter().flat_map(|source| source.0()));
        families
    }

    fn evaluation(&self) -> Family {
        let help = "How long it takes from a request's bytes to its answer's.";
        let mut family = Family::new("fanion.evaluation.duration", "s", Kind::Histogram, help);
        for (kind, histogram) in [("single", &self.single), ("bulk", &self.bulk)] {
            family.push(vec![("kind", kind.into())], histogram.read());
        }
        family
    }
}

fn build() -> Family {
    let help = "Which build this is; the value is always 1.";
    let mut family = Family::new("fanion.build_info", "", Kind::Gauge, help);
    let version = env!("CARGO_PKG_VERSION").to_owned();
    family.push(vec![("version", version)], Value::Number(1.0));
    family
}

/// Whole nanoseconds; more than five centuries are as many as fit.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
