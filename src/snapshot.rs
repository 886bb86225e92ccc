//! One generation: compiled flags, their answers as bytes, and what changed since the generation before.

mod answers;
mod change;
mod memo;

use std::sync::Arc;

use bytes::Bytes;

use crate::courtesy;
use crate::decision::Decision;
use crate::decision::FlagType;
use crate::metric::tally::Tally;
use crate::ruleset::Ruleset;
use crate::selector::Selector;
pub use crate::snapshot::change::Changes;
pub use crate::snapshot::change::Prints;
use crate::snapshot::memo::Memo;
use crate::wire::extra::Extra;
use crate::wire::frame::frame;
use crate::wire::sync;

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
    fetched: Memo<Bytes>,
    /// Messages of `SyncFlags`.
    synced: Memo<Synced>,
    /// Fingerprints of the flags that win without a selector.
    winners: Arc<Prints>,
    /// Those of the flags that win with one.
    selected: Memo<Arc<Prints>>,
    /// What changed since the generation before, of all flags.
    pub changes: Arc<Changes>,
    /// And of those that win with a selector.
    changed: Memo<Arc<Changes>>,
    /// How often the flags gave which answers.
    pub tally: Tally,
}

/// A message of flag sync.
#[derive(Debug, Clone)]
pub struct Synced {
    /// With the five bytes that frame it in gRPC.
    pub frame: Bytes,
    /// A number that differs, in all likelihood, when the document differs.
    pub print: u128,
}

impl Snapshot {
    /// The snapshot of `ruleset` that follows `before`.
    pub fn build(ruleset: Ruleset, before: &Snapshot) -> Snapshot {
        let tally = Tally::build(&ruleset, &before.ruleset, &before.tally);
        let mut snapshot = Snapshot {
            generation: before.generation + 1,
            partial: false,
            fetched: Memo::default(),
            synced: Memo::default(),
            ruleset,
            winners: Arc::default(),
            selected: Memo::default(),
            changes: Arc::default(),
            changed: Memo::default(),
            tally,
        };
        snapshot.winners = Arc::new(snapshot.collect(&Selector::All));
        snapshot.changes = Arc::new(Changes::between(&before.winners, &snapshot.winners));
        snapshot
    }

    /// Lets go of it, which takes time if it is large.
    pub fn release(self) {
        let Snapshot { ruleset, tally, .. } = self;
        courtesy::along(ruleset.flags).for_each(drop);
        courtesy::pause();
        drop(tally);
        courtesy::pause();
    }

    /// Whether evaluations can be answered from this as they are meant: every source has brought flags.
    pub fn is_usable(&self) -> bool {
        self.generation > 0 && !self.partial
    }

    /// The protobuf answer of the flag at `position`, with the five bytes that frame it in gRPC.
    ///
    /// `None` where there is no such answer: errors, and values of another type.
    pub fn answer(&self, position: usize, decision: Decision, want: FlagType) -> Option<Bytes> {
        let flag = self.ruleset.at(position)?;
        answers::get(flag, decision, want)
    }

    /// The framed answer to `FetchAllFlags`.
    pub fn fetched(&self, selector: &Selector) -> Bytes {
        let make = || frame(0, &sync::flags(&self.payload(selector)));
        let fetched = self
            .fetched
            .get(selector, || self.selects(selector).then(make));
        fetched.unwrap_or_else(make)
    }

    /// The framed message of `SyncFlags`, with the context that all subscribers are told.
    pub fn synced(&self, selector: &Selector, extra: &Extra) -> Synced {
        let make = || {
            let document = self.payload(selector);
            let print = murmur3::murmur3_x64_128(&mut document.as_bytes(), 0);
            Synced {
                frame: frame(0, &sync::flags_with_context(&document, extra)),
                print: print.unwrap_or_default(),
            }
        };
        let synced = self
            .synced
            .get(selector, || self.selects(selector).then(make));
        synced.unwrap_or_else(make)
    }

    /// The selected flags as a document for flag sync.
    fn payload(&self, selector: &Selector) -> String {
        let selected = self.ruleset.select(selector);
        let flags = selected.filter_map(|position| self.ruleset.at(position));
        sync::document(flags)
    }

    /// Whether a selector selects anything.
    fn selects(&self, selector: &Selector) -> bool {
        self.ruleset.select(selector).next().is_some()
    }

    /// The keys of the selected flags, and what tells whether they changed. Who remembers this can let the snapshot go.
    pub fn prints(&self, selector: &Selector) -> Arc<Prints> {
        let make = || {
            self.selects(selector)
                .then(|| Arc::new(self.collect(selector)))
        };
        match selector {
            Selector::All => self.winners.clone(),
            _ => self.selected.get(selector, make).unwrap_or_default(),
        }
    }

    /// What changed of the selected flags since somebody saw them in generation `then`. Computed once for all who saw
    /// the generation before.
    pub fn changes_since(&self, then: u64, seen: &Prints, selector: &Selector) -> Arc<Changes> {
        let now = self.prints(selector);
        let compare = || Arc::new(Changes::between(seen, &now));
        match selector {
            _ if then + 1 != self.generation => compare(),
            Selector::All => self.changes.clone(),
            _ => {
                let make = || self.selects(selector).then(compare);
                self.changed.get(selector, make).unwrap_or_else(compare)
            }
        }
    }

    fn collect(&self, selector: &Selector) -> Prints {
        let print = |position: usize| {
            let flag = self.ruleset.at(position)?;
            Some((flag.key.clone(), flag.print))
        };
        let selected = self.ruleset.select(selector);
        let mut prints = Vec::with_capacity(match selector {
            Selector::All => self.ruleset.flags.len(),
            _ => 0,
        });
        prints.extend(courtesy::along(selected).filter_map(print));
        Prints::new(prints)
    }
}
