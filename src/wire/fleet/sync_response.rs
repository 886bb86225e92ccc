//! Responses of `SyncFlags` with a revision: a whole document, or a delta.

use std::collections::BTreeMap;
use std::sync::Arc;

use prost::Message as _;

use crate::wire::content_hash::ContentHash;
use crate::wire::fleet::revision_id::RevisionId;
use crate::wire::fleet::schema_version::SCHEMA_VERSION;
use crate::wire::protobuf::generated::fleet1 as pb;

/// The changes of a revision since its base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionDelta {
    /// The hash of the base.
    pub base_hash: ContentHash,
    /// New and changed definitions in JSON, by key.
    pub set: BTreeMap<String, String>,
    /// The keys of flags that no longer exist.
    pub removed: Vec<String>,
}

/// The content of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisionContent {
    /// A flag document in JSON.
    Whole(String),
    /// The changes since another revision.
    Delta(RevisionDelta),
}

/// A message of `SyncFlags`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FleetSyncResponse {
    /// A document of a peer without revisions.
    Plain(String),
    /// A revision, whose schema version was not checked yet.
    Revision {
        /// Its identity.
        id: RevisionId,
        /// The version of its schema.
        schema_version: String,
        /// Its content.
        content: RevisionContent,
    },
}

impl FleetSyncResponse {
    /// The response in a message. A message without a complete identity is that of a plain peer.
    pub fn from_message(message: pb::SyncFlagsResponse) -> FleetSyncResponse {
        let hash = &message.content_hash;
        let Some(id) = RevisionId::from_fields(message.epoch, message.revision, hash) else {
            return FleetSyncResponse::Plain(message.flag_configuration);
        };
        let content = match message.delta {
            None => RevisionContent::Whole(message.flag_configuration),
            Some(delta) => RevisionContent::Delta(RevisionDelta {
                // A base that no replica has makes the replica ask for the whole document.
                base_hash: ContentHash::from_slice(&delta.base_hash)
                    .unwrap_or(ContentHash([0; 32])),
                set: delta.set,
                removed: delta.removed,
            }),
        };
        FleetSyncResponse::Revision {
            id,
            schema_version: message.schema_version,
            content,
        }
    }
}

impl RevisionDelta {
    /// Returns true if there are no changes.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.removed.is_empty()
    }

    /// The changes from one set of definitions to another.
    pub fn between(
        base_hash: ContentHash,
        old: &BTreeMap<Arc<str>, Arc<str>>,
        new: &BTreeMap<Arc<str>, Arc<str>>,
    ) -> RevisionDelta {
        let changed = new
            .iter()
            .filter(|(key, text)| old.get(*key) != Some(*text));
        let removed = old.keys().filter(|key| !new.contains_key(*key));
        RevisionDelta {
            base_hash,
            set: changed
                .map(|(key, text)| (key.to_string(), text.to_string()))
                .collect(),
            removed: removed.map(ToString::to_string).collect(),
        }
    }
}

/// Encodes the message of a revision.
pub fn encode_revision(id: &RevisionId, content: RevisionContent) -> Vec<u8> {
    let (flag_configuration, delta) = match content {
        RevisionContent::Whole(document) => (document, None),
        RevisionContent::Delta(delta) => {
            let delta = pb::Delta {
                base_hash: delta.base_hash.0.to_vec(),
                set: delta.set,
                removed: delta.removed,
            };
            (String::new(), Some(delta))
        }
    };
    pb::SyncFlagsResponse {
        flag_configuration,
        revision: id.number,
        epoch: id.epoch,
        content_hash: id.content_hash.0.to_vec(),
        schema_version: SCHEMA_VERSION.to_owned(),
        delta,
    }
    .encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::protobuf::generated::sync1;

    fn definitions(flags: &[(&str, &str)]) -> BTreeMap<Arc<str>, Arc<str>> {
        let flags = flags.iter();
        flags
            .map(|(key, text)| ((*key).into(), (*text).into()))
            .collect()
    }

    fn round_trip(content: &RevisionContent) {
        let id = RevisionId {
            epoch: 1,
            number: 2,
            content_hash: ContentHash::of(b"x"),
        };
        let bytes = encode_revision(&id, content.clone());
        let message = pb::SyncFlagsResponse::decode(&*bytes).expect("valid");
        let FleetSyncResponse::Revision {
            id: read,
            schema_version,
            content: read_content,
        } = FleetSyncResponse::from_message(message)
        else {
            panic!("a revision");
        };
        assert_eq!((read, &*schema_version), (id, SCHEMA_VERSION));
        assert_eq!(read_content, *content);
        let plain = sync1::SyncFlagsResponse::decode(&*bytes).expect("valid");
        let document = match content {
            RevisionContent::Whole(document) => document.as_str(),
            RevisionContent::Delta(_) => "",
        };
        assert_eq!(plain.flag_configuration, document);
    }

    #[test]
    fn documents_and_deltas_round_trip_and_plain_peers_read_them() {
        round_trip(&RevisionContent::Whole("{\"flags\":{}}".to_owned()));
        let old = definitions(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let new = definitions(&[("a", "1"), ("b", "4"), ("d", "5")]);
        let delta = RevisionDelta::between(ContentHash::of(b"old"), &old, &new);
        let set: Vec<_> = delta.set.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(set, [("b", "4"), ("d", "5")]);
        assert_eq!(delta.removed, ["c"]);
        round_trip(&RevisionContent::Delta(delta));
    }

    #[test]
    fn message_of_a_plain_peer_has_no_revision() {
        let plain = sync1::SyncFlagsResponse {
            flag_configuration: "{}".to_owned(),
            sync_context: Some(prost_types::Struct::default()),
        };
        let message = pb::SyncFlagsResponse::decode(&*plain.encode_to_vec()).expect("valid");
        let read = FleetSyncResponse::from_message(message);
        assert_eq!(read, FleetSyncResponse::Plain("{}".to_owned()));
    }
}
