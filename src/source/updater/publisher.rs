//! Merges the layers of all sources into a snapshot, publishes it, and drops retired snapshots.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use crate::diag::Diagnostic;
use crate::live::Live;
use crate::number::truncate_to_i64;
use crate::resolve::system_clock;
use crate::ruleset::Ruleset;
use crate::snapshot::Snapshot;
use crate::source::diagnostic_log::log_diagnostics;
use crate::source::layer::Layer;
use crate::stickiness;

/// Publishes snapshots.
#[derive(Debug)]
pub struct Publisher {
    live: Arc<Live>,
    /// The diagnostics of the active rules, so that only new ones are logged.
    reported_diagnostics: HashSet<Diagnostic>,
    /// Retired snapshots, until no request holds them. Dropping a large one takes time, which would delay the last of
    /// its requests.
    retired: Vec<Arc<Snapshot>>,
}

impl Publisher {
    /// Returns a publisher that has published nothing yet.
    pub fn new(live: Arc<Live>) -> Publisher {
        Publisher {
            live,
            reported_diagnostics: HashSet::new(),
            retired: Vec::new(),
        }
    }

    /// Publishes the flags of these layers, in order of priority: the last wins. `partial` is true if a source has no
    /// flags yet; `revisions` are those of the sources and `begun` is the start of the update, for the log.
    pub fn publish<'l>(
        &mut self,
        layers: impl Iterator<Item = &'l Layer>,
        partial: bool,
        revisions: Option<&str>,
        begun: Instant,
    ) {
        let ruleset = Ruleset::merge_layers(layers.map(Layer::sorted));
        let diagnostics: HashSet<Diagnostic> = ruleset.diagnostics().cloned().collect();
        let mut new: Vec<&Diagnostic> =
            diagnostics.difference(&self.reported_diagnostics).collect();
        new.sort_by(|a, b| {
            (&a.file, a.position, a.code, &a.message)
                .cmp(&(&b.file, b.position, b.code, &b.message))
        });
        log_diagnostics(new);
        self.reported_diagnostics = diagnostics;
        let before = self.live.load_full();
        let now = truncate_to_i64(system_clock());
        log_diagnostics(&stickiness::ruleset_violations(
            &before.ruleset,
            &ruleset,
            now,
        ));
        let mut snapshot = Snapshot::build(ruleset, &before);
        snapshot.partial = partial;
        let generation = snapshot.generation;
        let flags = snapshot.ruleset.flags.len();
        let changed = snapshot.changes.flags.len();
        self.live.publish(snapshot);
        self.retired.push(before);
        self.drop_retired();
        // Microseconds as a fraction: more digits are noise.
        let millis = begun.elapsed().as_micros() as f64 / 1000.0;
        tracing::info!(
            generation,
            flags,
            changed,
            revisions,
            millis,
            "flags reloaded"
        );
    }

    /// Returns true if requests held retired snapshots at the last check.
    pub fn has_retired(&self) -> bool {
        !self.retired.is_empty()
    }

    /// Drops retired snapshots that no request holds.
    pub fn drop_retired(&mut self) {
        let unused = self
            .retired
            .extract_if(.., |old| Arc::strong_count(old) == 1);
        unused
            .filter_map(Arc::into_inner)
            .for_each(Snapshot::drop_yielding);
    }
}
