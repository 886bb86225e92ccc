//! `FlagChange`: the keys that differ between two revisions, and its server-sent event.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use crate::control::revision::Definitions;
use crate::control::revision::Revision;
use crate::control::store::DefinitionsDelta;

/// The most keys of a change. If more differ, the change says that all flags may.
const MAX_KEYS: usize = 1000;

/// The id of an event: clients send it back as `Last-Event-ID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    /// The epoch of the store. Revisions of different epochs do not compare.
    pub epoch: u64,
    /// The number of the revision.
    pub revision: u64,
}

impl EventId {
    /// The id of a revision.
    pub fn of(revision: &Revision) -> EventId {
        EventId {
            epoch: revision.epoch,
            revision: revision.number,
        }
    }

    /// Parses the text of an id.
    pub fn parse(text: &str) -> Option<EventId> {
        let (epoch, revision) = text.trim().split_once('.')?;
        Some(EventId {
            epoch: epoch.parse().ok()?,
            revision: revision.parse().ok()?,
        })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.revision)
    }
}

/// The keys that differ between two revisions.
#[derive(Debug, Clone)]
pub struct FlagChange {
    /// The revision before.
    pub previous: u64,
    /// The revision after.
    pub revision: Arc<Revision>,
    /// The keys of new, changed and removed flags, sorted.
    pub keys: Vec<Arc<str>>,
    /// True if `keys` is not complete: any flag may differ.
    pub any: bool,
    /// The encoded event, which all streams share.
    pub frame: Bytes,
}

impl FlagChange {
    /// The change from definitions that are known.
    pub fn between(previous: u64, before: &Definitions, revision: &Arc<Revision>) -> FlagChange {
        let delta = DefinitionsDelta::between(before, &revision.definitions);
        let changed = delta.changed.into_keys();
        let mut keys: Vec<Arc<str>> = changed.chain(delta.removed).collect();
        keys.sort();
        let any = keys.len() > MAX_KEYS;
        keys.truncate(MAX_KEYS);
        FlagChange::new(previous, revision, keys, any)
    }

    /// The change from something unknown.
    pub fn from_unknown(revision: &Arc<Revision>) -> FlagChange {
        FlagChange::new(0, revision, Vec::new(), true)
    }

    fn new(previous: u64, revision: &Arc<Revision>, keys: Vec<Arc<str>>, any: bool) -> FlagChange {
        FlagChange {
            frame: encode(revision, &keys, any),
            previous,
            revision: revision.clone(),
            keys,
            any,
        }
    }

    /// The event for a caller who may see only some flags.
    pub fn frame_with(&self, may_see: impl Fn(&str) -> bool) -> Bytes {
        let keys = self.keys.iter().filter(|key| may_see(key));
        let keys: Vec<Arc<str>> = keys.cloned().collect();
        encode(&self.revision, &keys, self.any)
    }
}

fn encode(revision: &Revision, keys: &[Arc<str>], any: bool) -> Bytes {
    let data = json!({
        "revision": revision.number,
        "contentHash": revision.content_hash.to_string(),
        "keys": keys.iter().map(|key| &**key).collect::<Vec<&str>>(),
        "any": any,
    });
    event_frame(Some(EventId::of(revision)), "change", &data.to_string())
}

/// Encodes a server-sent event. `data` is one line of JSON.
pub fn event_frame(id: Option<EventId>, name: &str, data: &str) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("{id}event: {name}\ndata: {data}\n\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_reads_back_and_other_texts_are_refused() {
        let id = EventId {
            epoch: 2,
            revision: 17,
        };
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
        for text in ["", "17", "2.", ".17", "2.17.1", "a.b", "2.-1"] {
            assert_eq!(EventId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn event_has_no_line_breaks_in_its_data() {
        let frame = event_frame(None, "x", &json!({"key": "a\nb"}).to_string());
        assert_eq!(&*frame, b"event: x\ndata: {\"key\":\"a\\nb\"}\n\n");
    }
}
