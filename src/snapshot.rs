//! One generation: compiled flags, their answers as bytes, and what changed since the generation before.

mod answers;
mod change;
mod payload;

use std::sync::Arc;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::decision::Decision;
use crate::decision::FlagType;
use crate::document::Document;
use crate::ruleset::Ruleset;
use crate::selector::Selector;
use crate::snapshot::answers::Answers;
pub use crate::snapshot::change::Changes;
use crate::snapshot::payload::Payloads;
use crate::wire::sync;

/// Everything that answers requests. Immutable; replaced as a whole.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Counts up from 0, the empty snapshot before anything was loaded.
    pub generation: u64,
    /// The flags.
    pub ruleset: Ruleset,
    answers: Answers,
    /// The flags as written, in the order of the compiled ones.
    document: Document,
    payloads: Payloads,
    /// Fingerprints of the flags as written, in their order.
    prints: Vec<u64>,
    /// What changed since the generation before.
    pub changes: Arc<Changes>,
}

impl Snapshot {
    /// The snapshot that follows `before`, from a document and its compiled flags.
    pub fn build(document: &Document, ruleset: Ruleset, before: &Snapshot) -> Snapshot {
        let answers = Answers::build(&ruleset);
        let mut snapshot = Snapshot {
            generation: before.generation + 1,
            prints: document.flags.iter().map(|f| f.fingerprint()).collect(),
            document: document.clone(),
            payloads: Payloads::default(),
            ruleset,
            answers,
            changes: Arc::default(),
        };
        snapshot.changes = Arc::new(snapshot.changes_since(before, &Selector::All));
        snapshot
    }

    /// Whether an evaluation can be answered from this.
    pub fn is_usable(&self) -> bool {
        self.generation > 0
    }

    /// The protobuf answer of the flag at `position`, with the five bytes that frame it in gRPC.
    ///
    /// `None` where there is no such answer: errors, and values of another type.
    pub fn answer(&self, position: usize, decision: Decision, want: FlagType) -> Option<Bytes> {
        let flag = self.ruleset.flags.get(position)?;
        self.answers.get(flag, position, decision, want)
    }

    /// The selected flags as a document for flag sync.
    pub fn payload(&self, selector: &Selector) -> Arc<str> {
        self.payloads.get(selector, || {
            let selected = self.ruleset.select(selector);
            let flags = selected.filter_map(|position| self.document.flags.get(position));
            sync::document(flags.map(AsRef::as_ref))
        })
    }

    /// What differs from an earlier generation among the selected flags.
    pub fn changes_since(&self, before: &Snapshot, selector: &Selector) -> Changes {
        Changes {
            flags: change::diff(&before.prints(selector), &self.prints(selector)),
            encoded: [OnceLock::new(), OnceLock::new()],
        }
    }

    fn prints(&self, selector: &Selector) -> Vec<(&str, u64)> {
        let print = |position: usize| {
            let flag = self.ruleset.flags.get(position)?;
            Some((&*flag.key, *self.prints.get(position)?))
        };
        self.ruleset.select(selector).filter_map(print).collect()
    }
}
