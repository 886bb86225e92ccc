//! `Live`: the active snapshot, behind an atomic pointer; the only shared mutable state of requests.

use std::sync::Arc;

use arc_swap::ArcSwap;
use arc_swap::Guard;
use tokio::sync::watch;

use crate::snapshot::Snapshot;

/// The active snapshot. Loading it takes no lock; publishing another one notifies all subscribers.
#[derive(Debug)]
pub struct Live {
    snapshot: ArcSwap<Snapshot>,
    generation: watch::Sender<u64>,
}

impl Default for Live {
    fn default() -> Live {
        Live {
            snapshot: ArcSwap::default(),
            generation: watch::Sender::new(0),
        }
    }
}

impl Live {
    /// Returns the active snapshot. A request loads it once, so that it sees exactly one generation.
    pub fn load(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    /// Returns the active snapshot as an `Arc`, for longer use.
    pub fn load_full(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Makes a snapshot the active one.
    pub fn publish(&self, snapshot: Snapshot) {
        let generation = snapshot.generation;
        self.snapshot.store(Arc::new(snapshot));
        self.generation.send_replace(generation);
    }

    /// Returns a receiver of the active generation.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }
}
