//! `Snapshot`: one generation of compiled flags, its cached responses, and the changes since the previous generation.

mod response_cache;
mod fingerprints;
mod flag_changes;
mod selector_cache;

use std::sync::Arc;

use bytes::Bytes;

use crate::coop;
use crate::decision::Decision;
use crate::decision::FlagType;
use crate::fingerprint;
use crate::metric::evaluation::EvaluationCounters;
use crate::ruleset::Ruleset;
use crate::selector::Selector;
pub use crate::snapshot::fingerprints::Fingerprints;
pub use crate::snapshot::flag_changes::FlagChanges;
use crate::snapshot::selector_cache::SelectorCache;
use crate::wire::context::enrichment::ContextEnrichment;
use crate::wire::flag_sync;
use crate::wire::grpc::length_prefixed_message::encode_length_prefixed;

/// The flags and caches that requests are answered from. Immutable, and replaced as a whole.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The number of the generation. 0 is the empty snapshot before the first load.
    pub generation: u64,
    /// The flags.
    pub ruleset: Ruleset,
    /// True if a source has no flags yet.
    pub partial: bool,
    /// Responses to `FetchAllFlags`.
    fetch_all_responses: SelectorCache<Bytes>,
    /// Messages of `SyncFlags`.
    sync_messages: SelectorCache<SyncMessage>,
    /// Fingerprints of the flags that win without a selector.
    default_fingerprints: Arc<Fingerprints>,
    /// Fingerprints of the flags that win with a selector.
    selected_fingerprints: SelectorCache<Arc<Fingerprints>>,
    /// The changes of all flags since the previous generation.
    pub changes: Arc<FlagChanges>,
    /// The changes of the flags that win with a selector.
    selected_changes: SelectorCache<Arc<FlagChanges>>,
    /// Counts of evaluations by flag and result.
    pub evaluations: EvaluationCounters,
}

/// A message of flag sync.
#[derive(Debug, Clone)]
pub struct SyncMessage {
    /// The message with the five-byte gRPC prefix.
    pub frame: Bytes,
    /// The fingerprint of the document.
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
        let fingerprints =
            snapshot.collect_fingerprints(&Selector::All, &before.default_fingerprints);
        snapshot.default_fingerprints = Arc::new(fingerprints);
        snapshot.changes = Arc::new(FlagChanges::between(
            &before.default_fingerprints,
            &snapshot.default_fingerprints,
        ));
        snapshot
    }

    /// Drops the snapshot, and yields to other threads in between, because dropping a large one takes long.
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

    /// Returns true if every source has flags.
    pub fn is_usable(&self) -> bool {
        self.generation > 0 && !self.partial
    }

    /// Returns the protobuf response of the flag at `position`, with the five-byte gRPC prefix.
    ///
    /// `None` for errors and for values of another type.
    pub fn encoded_response(
        &self,
        position: usize,
        decision: Decision,
        want: FlagType,
    ) -> Option<Bytes> {
        let flag = self.ruleset.flag_at(position)?;
        response_cache::encoded_response(flag, decision, want)
    }

    /// Returns the framed response to `FetchAllFlags`.
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

    /// Returns the framed message of `SyncFlags`, with the context for all subscribers.
    pub fn sync_message(&self, selector: &Selector, extra: &ContextEnrichment) -> SyncMessage {
        let make = || {
            let document = self.sync_document(selector);
            SyncMessage {
                frame: encode_length_prefixed(
                    0,
                    &flag_sync::encode_sync_flags_response(&document, extra),
                ),
                fingerprint: fingerprint::bytes_128(document.as_bytes()),
            }
        };
        let synced = self
            .sync_messages
            .get_or_create(selector, || self.selects_any(selector).then(make));
        synced.unwrap_or_else(make)
    }

    /// Returns the selected flags as a document for flag sync.
    fn sync_document(&self, selector: &Selector) -> String {
        let selected = self.ruleset.select_positions(selector);
        let flags = selected.filter_map(|position| self.ruleset.flag_at(position));
        flag_sync::flag_configuration(flags)
    }

    /// Returns true if a selector selects any flag.
    fn selects_any(&self, selector: &Selector) -> bool {
        self.ruleset.select_positions(selector).next().is_some()
    }

    /// Returns the fingerprints of the selected flags. A subscriber keeps them instead of the snapshot.
    pub fn fingerprints(&self, selector: &Selector) -> Arc<Fingerprints> {
        let make = || {
            self.selects_any(selector)
                .then(|| self.collect_fingerprints(selector, &self.default_fingerprints))
                .map(Arc::new)
        };
        match selector {
            Selector::All => self.default_fingerprints.clone(),
            _ => self
                .selected_fingerprints
                .get_or_create(selector, make)
                .unwrap_or_default(),
        }
    }

    /// Returns the changes of the selected flags since generation `then`, whose fingerprints are `seen`. Computed once
    /// for all subscribers that saw the previous generation.
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

    /// The fingerprints of the selected flags, which share unchanged chunks with `similar`.
    fn collect_fingerprints(&self, selector: &Selector, similar: &Fingerprints) -> Fingerprints {
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
        Fingerprints::new(&prints, similar)
    }
}
