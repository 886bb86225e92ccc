//! `HeldRevision`: the revision of the active document, from which the next one is made by a delta.
//!
//! The text of a document is not kept. The definition of a flag is written from the compiled flag again; only the texts
//! that differ from what is written are kept, such as those of faulty flags.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::coop;
use crate::source::layer::Layer;
use crate::wire::content_hash::ContentHash;
use crate::wire::flag_sync;
use crate::wire::fleet::definitions;
use crate::wire::fleet::revision_id::RevisionId;
use crate::wire::fleet::sync_response::RevisionDelta;

/// The revision of the active document.
#[derive(Debug)]
pub struct HeldRevision {
    /// Its identity.
    pub id: RevisionId,
    /// The definitions that differ from those written from compiled flags, by key.
    exceptions: BTreeMap<Box<str>, Box<str>>,
}

impl HeldRevision {
    /// The revision of a document with these flags, which was compiled to `layer`.
    pub fn new(id: RevisionId, flags: &[(Cow<'_, str>, &str)], layer: &Layer) -> HeldRevision {
        let mut revision = HeldRevision {
            id,
            exceptions: BTreeMap::new(),
        };
        let texts = flags.iter().map(|(key, text)| (&**key, *text)).collect();
        revision.keep_exceptions(&texts, layer);
        revision
    }

    /// Keeps the texts that differ from what is written from the compiled flags.
    fn keep_exceptions(&mut self, texts: &BTreeMap<&str, &str>, layer: &Layer) {
        let mut unwritten = texts.clone();
        for flag in coop::yielding_cheap(&layer.flags) {
            let text = texts.get(&*flag.key);
            if text.is_some_and(|text| *text == flag_sync::definition(flag)) {
                unwritten.remove(&*flag.key);
            }
        }
        let kept = unwritten.into_iter();
        self.exceptions
            .extend(kept.map(|(key, text)| (key.into(), text.into())));
    }

    /// The document after a delta, if that has the content hash `wanted`.
    pub fn patch(
        &self,
        delta: &RevisionDelta,
        layer: &Layer,
        wanted: ContentHash,
    ) -> Option<String> {
        let mut all: BTreeMap<&str, Cow<'_, str>> = BTreeMap::new();
        for flag in coop::yielding_cheap(&layer.flags) {
            let key = &*flag.key;
            if !delta.set.contains_key(key) && !self.exceptions.contains_key(key) {
                all.insert(key, flag_sync::definition(flag).into());
            }
        }
        let kept = self.exceptions.iter();
        all.extend(kept.map(|(key, text)| (&**key, Cow::from(&**text))));
        let set = delta.set.iter();
        all.extend(set.map(|(key, text)| (key.as_str(), Cow::from(text))));
        for key in &delta.removed {
            all.remove(&**key);
        }
        let flags = || all.iter().map(|(key, text)| (*key, &**text));
        (ContentHash::of_definitions(flags()) == wanted)
            .then(|| definitions::write_document(flags()))
    }

    /// Follows a delta, whose document was compiled to `layer`.
    pub fn advance(&mut self, id: RevisionId, delta: &RevisionDelta, layer: &Layer) {
        self.id = id;
        let changed =
            |key: &str| delta.set.contains_key(key) || delta.removed.iter().any(|r| r == key);
        self.exceptions.retain(|key, _| !changed(key));
        let set = delta.set.iter();
        let texts = set.map(|(key, text)| (&**key, &**text)).collect();
        self.keep_exceptions(&texts, layer);
    }
}
