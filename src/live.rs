//! The snapshot in force: the only state that the process shares and changes.

use std::sync::Arc;

use arc_swap::ArcSwap;
use arc_swap::Guard;
use tokio::sync::watch;

use crate::snapshot::Snapshot;

/// Holds the snapshot in force. Reading it takes no lock; replacing it tells whoever follows.
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
    /// The snapshot in force. A request loads it once, so that it sees exactly one generation.
    pub fn load(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    /// The same, to be held for longer.
    pub fn load_full(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Puts a snapshot in force.
    pub fn publish(&self, snapshot: Snapshot) {
        let generation = snapshot.generation;
        self.snapshot.store(Arc::new(snapshot));
        self.generation.send_replace(generation);
    }

    /// Follows the generation in force.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.generation.subscribe()
    }
}
