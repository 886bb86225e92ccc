//! Streams of flag sync, by what their clients say of themselves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::limits;
use crate::metric::family::Family;
use crate::metric::family::Kind;
use crate::metric::family::Labels;
use crate::metric::family::Value;
use crate::metric::family::overflow;
use crate::metric::histogram::Histogram;

/// flagd's bounds, from half a minute to three hours, in nanoseconds.
const TIMES: [u64; 10] = [
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

/// How a stream came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The client went, or the server did.
    Normal,
    /// The deadline passed.
    Deadline,
    /// What was sent did not arrive.
    Disconnect,
    /// It was refused.
    Error,
}

impl Exit {
    const ALL: [Exit; 4] = [Exit::Normal, Exit::Deadline, Exit::Disconnect, Exit::Error];

    fn text(self) -> &'static str {
        match self {
            Exit::Normal => "normal_close",
            Exit::Deadline => "deadline_exceeded",
            Exit::Disconnect => "client_disconnect",
            Exit::Error => "error",
        }
    }
}

/// All streams.
#[derive(Debug, Default)]
pub struct Streams {
    clients: Mutex<BTreeMap<Client, Arc<Counts>>>,
    others: Arc<Counts>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Client {
    selector: Box<str>,
    provider: Box<str>,
}

#[derive(Debug)]
struct Counts {
    active: AtomicI64,
    durations: [Histogram; Exit::ALL.len()],
}

impl Default for Counts {
    fn default() -> Counts {
        Counts {
            active: AtomicI64::new(0),
            durations: Exit::ALL.map(|_| Histogram::of_time(&TIMES)),
        }
    }
}

/// An open stream. It counts as closed when it is dropped.
#[derive(Debug)]
pub struct Open {
    counts: Arc<Counts>,
    begun: Instant,
    /// How it ends, as far as is known.
    pub exit: Exit,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.counts.active.fetch_sub(1, Ordering::Relaxed);
        if let Some(histogram) = self.counts.durations.get(self.exit as usize) {
            histogram.time(self.begun.elapsed());
        }
    }
}

impl Streams {
    /// Counts a stream as open. Only so many clients are told apart, and none with an endless name.
    pub fn open(&self, selector: &str, provider: &str) -> Open {
        let counts = self.counts(selector, provider);
        counts.active.fetch_add(1, Ordering::Relaxed);
        Open {
            counts,
            begun: Instant::now(),
            exit: Exit::Normal,
        }
    }

    fn counts(&self, selector: &str, provider: &str) -> Arc<Counts> {
        if selector.len().max(provider.len()) > limits::LABEL_BYTES {
            return self.others.clone();
        }
        let client = Client {
            selector: selector.into(),
            provider: provider.into(),
        };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = clients.get(&client) {
            return known.clone();
        }
        if clients.len() >= limits::LABEL_VALUES {
            return self.others.clone();
        }
        clients.entry(client).or_default().clone()
    }

    /// The families.
    pub fn collect(&self) -> [Family; 2] {
        let help = "Measures the number of currently active gRPC sync streaming connections.";
        let name = "feature_flag.flagd.sync.active_streams";
        let mut active = Family::of_flagd(name, "{stream}", Kind::Level, help);
        let help = "Measures the duration of gRPC sync streaming connections.";
        let name = "feature_flag.flagd.sync.stream.duration";
        let mut duration = Family::of_flagd(name, "s", Kind::Histogram, help);
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        for (client, counts) in clients.iter() {
            counts.collect(&client.labels(), &mut active, &mut duration);
        }
        if self.others.is_used() {
            self.others.collect(&overflow(), &mut active, &mut duration);
        }
        [active, duration]
    }
}

impl Client {
    fn labels(&self) -> Labels {
        let both = [
            ("selector", &self.selector),
            ("provider_id", &self.provider),
        ];
        let named = both.into_iter().filter(|(_, value)| !value.is_empty());
        named
            .map(|(name, value)| (name, value.to_string()))
            .collect()
    }
}

impl Counts {
    fn is_used(&self) -> bool {
        self.active.load(Ordering::Relaxed) != 0 || self.durations.iter().any(|d| !d.is_empty())
    }

    fn collect(&self, labels: &Labels, active: &mut Family, duration: &mut Family) {
        let open = self.active.load(Ordering::Relaxed) as f64;
        active.push(labels.clone(), Value::Number(open));
        for (exit, histogram) in Exit::ALL.into_iter().zip(&self.durations) {
            if !histogram.is_empty() {
                let mut labels = labels.clone();
                labels.push(("reason", exit.text().to_owned()));
                duration.push(labels, histogram.read());
            }
        }
    }
}
