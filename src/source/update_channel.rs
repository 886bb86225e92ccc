//! The channel to the update thread: file events, documents of network sources, pings and the stop message.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::document::DocumentFormat;
use crate::source::error::SourceError;
use crate::wire::fleet::revision_id::RevisionId;
use crate::wire::fleet::sync_response::RevisionContent;

/// A message that wakes the update thread.
#[derive(Debug)]
pub enum Wakeup {
    /// There are file events, see `FileEvents`.
    FilesChanged,
    /// The report of a file source has arrived after the update thread stopped waiting for it.
    ScanFinished,
    /// The source with this index has an update.
    Update(usize, SourceUpdate),
    /// A liveness check, which the thread acknowledges.
    Ping(oneshot::Sender<()>),
    /// The thread ends.
    Stop,
}

/// An update of a network source.
#[derive(Debug)]
pub enum SourceUpdate {
    /// A document; the sender receives true if it is accepted.
    Document(FetchedDocument, oneshot::Sender<bool>),
    /// A revision; the sender receives the verdict.
    Revision(Box<FetchedRevision>, oneshot::Sender<RevisionVerdict>),
    /// The document has not changed.
    Unchanged,
    /// The attempt returned no document.
    Failed(SourceError),
}

/// A document as it was received.
#[derive(Debug)]
pub struct FetchedDocument {
    /// Its bytes.
    pub bytes: Bytes,
    /// Its format.
    pub format: DocumentFormat,
    /// Its entity tag.
    pub etag: Option<Box<str>>,
}

/// A revision as it was received.
#[derive(Debug)]
pub struct FetchedRevision {
    /// Its identity.
    pub id: RevisionId,
    /// Its content.
    pub content: RevisionContent,
}

/// The verdict on a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisionVerdict {
    /// Evaluations use it.
    Applied,
    /// Its document is refused for this reason.
    Refused(String),
    /// It is a delta, and its base is not the active document.
    UnknownBase,
}

/// The sending half of the channel to the update thread.
#[derive(Debug, Clone)]
pub struct WakeupSender {
    channel: mpsc::Sender<Wakeup>,
    /// True if a closed channel is not logged: it was logged before, or the thread was stopped.
    closed_logged: Arc<AtomicBool>,
}

impl WakeupSender {
    /// Returns both halves of a new channel.
    pub fn channel() -> (WakeupSender, mpsc::Receiver<Wakeup>) {
        let (channel, receiver) = mpsc::channel();
        let sender = WakeupSender {
            channel,
            closed_logged: Arc::default(),
        };
        (sender, receiver)
    }

    /// Sends a message. Logs once if the update thread has ended.
    pub fn send(&self, wakeup: Wakeup) {
        let sent = self.channel.send(wakeup);
        if sent.is_err() && !self.closed_logged.swap(true, Ordering::Relaxed) {
            tracing::error!(
                "the update thread has ended; updates of sources are lost and flags can no longer change"
            );
        }
    }

    /// Stops the thread.
    pub fn stop(&self) {
        self.closed_logged.store(true, Ordering::Relaxed);
        self.send(Wakeup::Stop);
    }
}

/// The sending half of the channel for one network source.
#[derive(Debug, Clone)]
pub struct UpdateSender {
    /// The index of the source.
    pub source_index: usize,
    /// The channel to the update thread.
    pub wakeups: WakeupSender,
}

impl UpdateSender {
    /// Sends a document, and returns true once it is active. The source fetches nothing meanwhile, so that at most one
    /// document of a source is in flight.
    pub async fn send_document(&self, document: FetchedDocument) -> bool {
        let (verdict, accepted) = oneshot::channel();
        self.send(SourceUpdate::Document(document, verdict));
        accepted.await.unwrap_or(false)
    }

    /// Sends a revision, and returns the verdict once it is published or refused. `None` if the update thread has
    /// ended.
    pub async fn send_revision(&self, revision: FetchedRevision) -> Option<RevisionVerdict> {
        let (verdict, received) = oneshot::channel();
        self.send(SourceUpdate::Revision(Box::new(revision), verdict));
        received.await.ok()
    }

    /// Reports that the document has not changed.
    pub fn send_unchanged(&self) {
        self.send(SourceUpdate::Unchanged);
    }

    /// Reports why there is no document.
    pub fn send_failure(&self, error: SourceError) {
        self.send(SourceUpdate::Failed(error));
    }

    fn send(&self, update: SourceUpdate) {
        self.wakeups.send(Wakeup::Update(self.source_index, update));
    }
}
