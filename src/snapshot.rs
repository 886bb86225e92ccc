//! One generation: compiled flags, their answers as bytes, and what changed since the generation before.

mod encoded_responses;
mod flag_changes;
mod selector_cache;

use std::sync::Arc;

use bytes::Bytes;

use crate::coop;
use crate::decision::Decision;
use crate::decision::FlagType;
use crate::metric::evaluation::EvaluationCounters;
use crate::ruleset::Ruleset;
use crate::selector::Selector;
pub use crate::snapshot::flag_changes::Fingerprints;
pub use crate::snapshot::flag_changes::FlagChanges;
use crate::snapshot::selector_cache::SelectorCache;
use crate::wire::context::enrichment::ContextEnrichment;
use crate::wire::flag_sync;
use crate::wire::grpc::length_prefixed_message::encode_length_prefixed;

/// Everything that answers requests. Immutable; replaced as a whole.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Counts up from 0, the empty snapshot before anything was loaded.
    pub generation: u64,
    /// The flags.
    pub ruleset: Ruleset,
    /// Whether some source has not brought any flags yet.
    pub partial: bool,
    /// Answers to `FetchAllFlags`.
    fetch_all_responses: SelectorCache<Bytes>,
    /// Messages of `SyncFlags`.
    sync_messages: SelectorCache<SyncMessage>,
    /// Fingerprints of the flags that win without a selector.
    default_fingerprints: Arc<Fingerprints>,
    /// Those of the flags that win with one.
    selected_fingerprints: SelectorCache<Arc<Fingerprints>>,
    /// What changed since the generation before, of all flags.
    pub changes: Arc<FlagChanges>,
    /// And of those that win with a selector.
    selected_changes: SelectorCache<Arc<FlagChanges>>,
    /// How often the flags gave which answers.
    pub evaluations: EvaluationCounters,
}

/// A message of flag sync.
#[derive(Debug, Clone)]
pub struct SyncMessage {
    /// With the five bytes that frame it in gRPC.
    pub frame: Bytes,
    /// A number that differs, in all likelihood, when the document differs.
    pub fingerprint: u128,
}

impl Snapshot {
    /// The snapshot of `ruleset` that follows `before`.
    pub fn build(ruleset: Ruleset, before: &Snapshot) -> Snapshot {
        let tally = EvaluationCounters::carry_over(&ruleset, &before.ruleset, &before.evaluations);
        let mut snapshot = Snapshot {
            generation: before.generation + 1,
            partial: false,
            fetch_all_responses: SelectorCache::default(),
            sync_messages: SelectorCache::default(),
            ruleset,
            default_fingerprints: Arc::default(),
            selected_fingerprints: SelectorCache::default(),
            changes: Arc::default(),
            selected_changes: SelectorCache::default(),
            evaluations: tally,
        };
        snapshot.default_fingerprints = Arc::new(snapshot.collect_fingerprints(&Selector::All));
        snapshot.changes = Arc::new(FlagChanges::between(
            &before.default_fingerprints,
            &snapshot.default_fingerprints,
        ));
        snapshot
    }

    /// Lets go of it, which takes time if it is large.
    pub fn drop_yielding(self) {
        let Snapshot {
            ruleset,
            evaluations: tally,
            ..
        } = self;
        coop::yielding_cheap(ruleset.flags).for_each(drop);
        coop::yield_if_due();
        drop(tally);
        coop::yield_if_due();
    }

    /// Whether evaluations can be answered from this as they are meant: every source has brought flags.
    pub fn is_usable(&self) -> bool {
        self.generation > 0 && !self.partial
    }

    /// The protobuf answer of the flag at `position`, with the five bytes that frame it in gRPC.
    ///
    /// `None` where there is no such answer: errors, and values of another type.
    pub fn encoded_response(
        &self,
        position: usize,
        decision: Decision,
        want: FlagType,
    ) -> Option<Bytes> {
        let flag = self.ruleset.flag_at(position)?;
        encoded_responses::encoded_response(flag, decision, want)
    }

    /// The framed answer to `FetchAllFlags`.
    pub fn fetch_all_response(&self, selector: &Selector) -> Bytes {
        let make = || {
            encode_length_prefixed(
                0,
                &flag_sync::encode_fetch_all_flags_response(&self.sync_document(selector)),
            )
        };
        let fetched = self
            .fetch_all_responses
            .get_or_create(selector, || self.selects_any(selector).then(make));
        fetched.unwrap_or_else(make)
    }

    /// The framed message of `SyncFlags`, with the context that all subscribers are told.
    pub fn sync_message(&self, selector: &Selector, extra: &ContextEnrichment) -> SyncMessage {
        let make = || {
            let document = self.sync_document(selector);
            let print = murmur3::murmur3_x64_128(&mut document.as_bytes(), 0);
            SyncMessage {
                frame: encode_length_prefixed(
                    0,
                    &flag_sync::encode_sync_flags_response(&document, extra),
                ),
                fingerprint: print.unwrap_or_default(),
            }
        };
        let synced = self
            .sync_messages
            .get_or_create(selector, || self.selects_any(selector).then(make));
        synced.unwrap_or_else(make)
    }

    /// The selected flags as a document for flag sync.
    fn sync_document(&self, selector: &Selector) -> String {
        let selected = self.ruleset.select_positions(selector);
        let flags = selected.filter_map(|position| self.ruleset.flag_at(position));
        flag_sync::flag_configuration(flags)
    }

    /// Whether a selector selects anything.
    fn selects_any(&self, selector: &Selector) -> bool {
        self.ruleset.select_positions(selector).next().is_some()
    }

    /// The keys of the selected flags, and what tells whether they changed. Who remembers this can let the snapshot go.
    pub fn fingerprints(&self, selector: &Selector) -> Arc<Fingerprints> {
        let make = || {
            self.selects_any(selector)
                .then(|| Arc::new(self.collect_fingerprints(selector)))
        };
        match selector {
            Selector::All => self.default_fingerprints.clone(),
            _ => self
                .selected_fingerprints
                .get_or_create(selector, make)
                .unwrap_or_default(),
        }
    }

    /// What changed of the selected flags since somebody saw them in generation `then`. Computed once for all who saw
    /// the generation before.
    pub fn changes_since(
        &self,
        then: u64,
        seen: &Fingerprints,
        selector: &Selector,
    ) -> Arc<FlagChanges> {
        let now = self.fingerprints(selector);
        let compare = || Arc::new(FlagChanges::between(seen, &now));
        match selector {
            _ if then + 1 != self.generation => compare(),
            Selector::All => self.changes.clone(),
            _ => {
                let make = || self.selects_any(selector).then(compare);
                self.selected_changes
                    .get_or_create(selector, make)
                    .unwrap_or_else(compare)
            }
        }
    }

    fn collect_fingerprints(&self, selector: &Selector) -> Fingerprints {
        let print = |position: usize| {
            let flag = self.ruleset.flag_at(position)?;
            Some((flag.key.clone(), flag.fingerprint))
        };
        let selected = self.ruleset.select_positions(selector);
        let mut prints = Vec::with_capacity(match selector {
            Selector::All => self.ruleset.flags.len(),
            _ => 0,
        });
        prints.extend(coop::yielding_cheap(selected).filter_map(print));
        Fingerprints::new(prints)
    }
}
