//! `MessageCache`: the encoded messages of an environment's newest revision, shared by all streams, and the
//! definitions of earlier revisions, on which deltas are based.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;

use bytes::Bytes;

use crate::control::revision::Definitions;
use crate::control::revision::Revision;
use crate::limits;
use crate::serve::rpc::compression;
use crate::serve::rpc::envelope;
use crate::wire::content_hash::ContentHash;
use crate::wire::fleet::definitions;
use crate::wire::fleet::revision_id::RevisionId;
use crate::wire::fleet::sync_request::Capabilities;
use crate::wire::fleet::sync_response::RevisionContent;
use crate::wire::fleet::sync_response::RevisionDelta;
use crate::wire::fleet::sync_response::encode_revision;

/// The earlier definitions that are kept.
const PAST: usize = 64;

/// The messages of one environment.
#[derive(Debug, Default)]
pub struct MessageCache(Mutex<CacheState>);

#[derive(Debug, Default)]
struct CacheState {
    newest: Option<Arc<RevisionMessages>>,
    /// Definitions by hash, the latest last.
    past: VecDeque<(ContentHash, Arc<Definitions>)>,
}

/// The messages of a revision.
#[derive(Debug)]
struct RevisionMessages {
    /// For sidecars that take all dialects.
    all: ContentMessages,
    /// For the others; `None` if that is the same.
    portable: Option<ContentMessages>,
}

/// The messages of a revision with the flags that some sidecars take.
#[derive(Debug)]
struct ContentMessages {
    id: RevisionId,
    definitions: Arc<Definitions>,
    whole: OnceLock<Arc<MessageFrame>>,
    /// By the hash of the base.
    deltas: Mutex<HashMap<ContentHash, SharedFrame>>,
}

/// An encoded message, made by the first stream that needs it.
type SharedFrame = Arc<OnceLock<Arc<MessageFrame>>>;

/// An encoded message.
#[derive(Debug)]
struct MessageFrame {
    plain: Bytes,
    gzip: OnceLock<Bytes>,
}

/// A message for one stream.
#[derive(Debug, Clone)]
pub struct RevisionFrame {
    /// The revision, with the hash of the definitions that the stream gets.
    pub id: RevisionId,
    /// The frame.
    pub bytes: Bytes,
}

/// The form in which a stream gets its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageForm {
    /// The abilities of the sidecar.
    pub accepts: Capabilities,
    /// True if it accepts gzip.
    pub gzip: bool,
}

impl MessageCache {
    /// Makes a revision the newest one, and keeps its definitions.
    pub fn note(&self, revision: &Revision) {
        self.messages_of(revision);
    }

    /// The revision as a stream gets it.
    pub fn id_for(&self, revision: &Revision, form: MessageForm) -> RevisionId {
        self.messages_of(revision).content_for(form).id
    }

    /// The message for a stream whose sidecar has `base`: a delta if that is known and shorter, or the document.
    pub fn frame_for(
        &self,
        revision: &Revision,
        form: MessageForm,
        base: Option<ContentHash>,
    ) -> RevisionFrame {
        let messages = self.messages_of(revision);
        let content = messages.content_for(form);
        let base = base.filter(|_| form.accepts.delta);
        let old = base.and_then(|base| Some((base, self.past_definitions(base)?)));
        let bytes = match old {
            Some((base, old)) => content.delta(base, &old).bytes(form.gzip),
            None => content.whole().bytes(form.gzip),
        };
        RevisionFrame {
            id: content.id,
            bytes,
        }
    }

    fn past_definitions(&self, hash: ContentHash) -> Option<Arc<Definitions>> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut past = state.past.iter().rev();
        past.find(|(known, _)| *known == hash)
            .map(|(_, definitions)| definitions.clone())
    }

    fn messages_of(&self, revision: &Revision) -> Arc<RevisionMessages> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(newest) = state
            .newest
            .as_ref()
            .filter(|newest| newest.all.id == revision.id())
        {
            return newest.clone();
        }
        let messages = Arc::new(RevisionMessages::new(revision));
        for content in [Some(&messages.all), messages.portable.as_ref()]
            .into_iter()
            .flatten()
        {
            let hash = content.id.content_hash;
            state.past.retain(|(known, _)| *known != hash);
            state.past.push_back((hash, content.definitions.clone()));
        }
        let surplus = state.past.len().saturating_sub(PAST);
        state.past.drain(..surplus);
        // A stream that has just missed a change must not bring the old messages back.
        let newest = state.newest.as_ref().map(|newest| newest.all.id);
        if newest.is_none_or(|newest| revision.id().includes(newest.epoch, newest.number)) {
            state.newest = Some(messages.clone());
        }
        messages
    }
}

impl RevisionMessages {
    fn new(revision: &Revision) -> RevisionMessages {
        let ruleset = &revision.snapshot.ruleset;
        let is_portable = |key: &str| ruleset.flag(key).is_none_or(|flag| !flag.not_portable);
        let definitions = &revision.definitions;
        let portable = (!definitions.keys().all(|key| is_portable(key))).then(|| {
            let kept = definitions.iter().filter(|(key, _)| is_portable(key));
            let kept: Definitions = kept.map(|(k, v)| (k.clone(), v.clone())).collect();
            let texts = kept.iter().map(|(key, text)| (&**key, &**text));
            let content_hash = ContentHash::of_definitions(texts);
            ContentMessages::new(
                RevisionId {
                    content_hash,
                    ..revision.id()
                },
                Arc::new(kept),
            )
        });
        RevisionMessages {
            all: ContentMessages::new(revision.id(), definitions.clone()),
            portable,
        }
    }

    fn content_for(&self, form: MessageForm) -> &ContentMessages {
        let portable = self.portable.as_ref().filter(|_| !form.accepts.dialects);
        portable.unwrap_or(&self.all)
    }
}

impl ContentMessages {
    fn new(id: RevisionId, definitions: Arc<Definitions>) -> ContentMessages {
        ContentMessages {
            id,
            definitions,
            whole: OnceLock::new(),
            deltas: Mutex::default(),
        }
    }

    fn whole(&self) -> &Arc<MessageFrame> {
        self.whole.get_or_init(|| {
            let flags = self.definitions.iter();
            let document = definitions::write_document(flags.map(|(key, text)| (&**key, &**text)));
            MessageFrame::new(&self.id, RevisionContent::Whole(document))
        })
    }

    /// The changes since `old`, or the document if that is not longer.
    fn delta(&self, base: ContentHash, old: &Definitions) -> Arc<MessageFrame> {
        let mut deltas = self.deltas.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = deltas.entry(base).or_default().clone();
        drop(deltas);
        let frame = slot.get_or_init(|| {
            let delta = RevisionDelta::between(base, old, &self.definitions);
            let delta = MessageFrame::new(&self.id, RevisionContent::Delta(delta));
            let is_short = delta.plain.len() < limits::COMPRESSION_MIN_BYTES;
            if is_short || delta.plain.len() < self.whole().plain.len() {
                delta
            } else {
                self.whole().clone()
            }
        });
        frame.clone()
    }
}

impl MessageFrame {
    fn new(id: &RevisionId, content: RevisionContent) -> Arc<MessageFrame> {
        Arc::new(MessageFrame {
            plain: envelope::encode_length_prefixed(0, &encode_revision(id, content)),
            gzip: OnceLock::new(),
        })
    }

    fn bytes(&self, gzip: bool) -> Bytes {
        if !gzip || self.plain.len() < limits::COMPRESSION_MIN_BYTES {
            return self.plain.clone();
        }
        let compress = || {
            let message = self
                .plain
                .get(envelope::MESSAGE_PREFIX_LEN..)
                .unwrap_or(&[]);
            envelope::encode_length_prefixed(envelope::COMPRESSED, &compression::gzip(message))
        };
        self.gzip.get_or_init(compress).clone()
    }
}
