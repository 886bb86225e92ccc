//! Metrics of flag sync streams, by selector and provider id of the client.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::limits;
use crate::metric::family::Labels;
use crate::metric::family::MetricFamily;
use crate::metric::family::MetricKind;
use crate::metric::family::MetricValue;
use crate::metric::family::overflow_labels;
use crate::metric::histogram::Histogram;

/// flagd's bounds, from half a minute to three hours, in nanoseconds.
const DURATION_BOUNDS: [u64; 10] = [
    30_000_000_000,
    60_000_000_000,
    120_000_000_000,
    300_000_000_000,
    480_000_000_000,
    600_000_000_000,
    1_200_000_000_000,
    1_800_000_000_000,
    3_600_000_000_000,
    10_800_000_000_000,
];

/// The reason why a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The client or the server closed the stream.
    NormalClose,
    /// The deadline passed.
    DeadlineExceeded,
    /// A message could not be sent.
    ClientDisconnect,
    /// The stream was refused.
    Error,
}

impl CloseReason {
    const ALL: [CloseReason; 4] = [
        CloseReason::NormalClose,
        CloseReason::DeadlineExceeded,
        CloseReason::ClientDisconnect,
        CloseReason::Error,
    ];

    fn label_value(self) -> &'static str {
        match self {
            CloseReason::NormalClose => "normal_close",
            CloseReason::DeadlineExceeded => "deadline_exceeded",
            CloseReason::ClientDisconnect => "client_disconnect",
            CloseReason::Error => "error",
        }
    }
}

/// The metrics of all streams.
#[derive(Debug, Default)]
pub struct SyncStreamMetrics {
    by_client: Mutex<BTreeMap<ClientLabels, Arc<StreamCounters>>>,
    overflow: Arc<StreamCounters>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ClientLabels {
    selector: Box<str>,
    provider_id: Box<str>,
}

#[derive(Debug)]
struct StreamCounters {
    active: AtomicI64,
    durations: [Histogram; CloseReason::ALL.len()],
}

impl Default for StreamCounters {
    fn default() -> StreamCounters {
        StreamCounters {
            active: AtomicI64::new(0),
            durations: CloseReason::ALL.map(|_| Histogram::for_durations(&DURATION_BOUNDS)),
        }
    }
}

/// An open stream. It counts as closed when it is dropped.
#[derive(Debug)]
pub struct OpenStream {
    counters: Arc<StreamCounters>,
    started_at: Instant,
    /// The reason why it ends, as far as known.
    pub close_reason: CloseReason,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.counters.active.fetch_sub(1, Ordering::Relaxed);
        if let Some(histogram) = self.counters.durations.get(self.close_reason as usize) {
            histogram.observe_duration(self.started_at.elapsed());
        }
    }
}

impl SyncStreamMetrics {
    /// Counts a stream as open. Clients beyond [`limits::LABEL_VALUES`], and those with labels longer than
    /// [`limits::LABEL_BYTES`], share the overflow series.
    pub fn open(&self, selector: &str, provider: &str) -> OpenStream {
        let counts = self.counters_for(selector, provider);
        counts.active.fetch_add(1, Ordering::Relaxed);
        OpenStream {
            counters: counts,
            started_at: Instant::now(),
            close_reason: CloseReason::NormalClose,
        }
    }

    fn counters_for(&self, selector: &str, provider: &str) -> Arc<StreamCounters> {
        if selector.len().max(provider.len()) > limits::LABEL_BYTES {
            return self.overflow.clone();
        }
        let client = ClientLabels {
            selector: selector.into(),
            provider_id: provider.into(),
        };
        let mut clients = self
            .by_client
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = clients.get(&client) {
            return known.clone();
        }
        if clients.len() >= limits::LABEL_VALUES {
            return self.overflow.clone();
        }
        clients.entry(client).or_default().clone()
    }

    /// Returns the metric families.
    pub fn collect(&self) -> [MetricFamily; 2] {
        let help = "Measures the number of currently active gRPC sync streaming connections.";
        let name = "feature_flag.flagd.sync.active_streams";
        let mut active =
            MetricFamily::new_in_flagd_scope(name, "{stream}", MetricKind::UpDownCounter, help);
        let help = "Measures the duration of gRPC sync streaming connections.";
        let name = "feature_flag.flagd.sync.stream.duration";
        let mut duration = MetricFamily::new_in_flagd_scope(name, "s", MetricKind::Histogram, help);
        let clients = self
            .by_client
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (client, counts) in clients.iter() {
            counts.collect(&client.labels(), &mut active, &mut duration);
        }
        if self.overflow.is_used() {
            self.overflow
                .collect(&overflow_labels(), &mut active, &mut duration);
        }
        [active, duration]
    }
}

impl ClientLabels {
    fn labels(&self) -> Labels {
        let both = [
            ("selector", &self.selector),
            ("provider_id", &self.provider_id),
        ];
        let named = both.into_iter().filter(|(_, value)| !value.is_empty());
        named
            .map(|(name, value)| (name, value.to_string()))
            .collect()
    }
}

impl StreamCounters {
    fn is_used(&self) -> bool {
        self.active.load(Ordering::Relaxed) != 0 || self.durations.iter().any(|d| !d.is_empty())
    }

    fn collect(&self, labels: &Labels, active: &mut MetricFamily, duration: &mut MetricFamily) {
        let open = self.active.load(Ordering::Relaxed) as f64;
        active.push(labels.clone(), MetricValue::Number(open));
        for (exit, histogram) in CloseReason::ALL.into_iter().zip(&self.durations) {
            if !histogram.is_empty() {
                let mut labels = labels.clone();
                labels.push(("reason", exit.label_value().to_owned()));
                duration.push(labels, histogram.collect());
            }
        }
    }
}
