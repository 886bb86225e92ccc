//! What network sources tell the thread that orders all updates.

use std::sync::mpsc;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::document::DocumentFormat;

/// What wakes the thread.
#[derive(Debug)]
pub enum Wakeup {
    /// Something happened in the file system.
    FileEvent(notify::Event),
    /// Events were lost.
    EventsLost,
    /// The source at this position has something to tell.
    Update(usize, SourceUpdate),
    /// Everything ends.
    Stop,
}

/// What a network source has to tell.
#[derive(Debug)]
pub enum SourceUpdate {
    /// It has a document, and wants to know whether it is a good one.
    Document(FetchedDocument, oneshot::Sender<bool>),
    /// Its document is still the same.
    Unchanged,
    /// It could not be asked, and why.
    Failed(String),
}

/// A document as it came over the network.
#[derive(Debug)]
pub struct FetchedDocument {
    /// Its bytes.
    pub bytes: Bytes,
    /// How it is written.
    pub format: DocumentFormat,
    /// What the server calls this version of it.
    pub etag: Option<Box<str>>,
}

/// A network source's way to the thread.
#[derive(Debug)]
pub struct UpdateSender {
    /// The position of the source.
    pub source_index: usize,
    /// The thread.
    pub wakeups: mpsc::Sender<Wakeup>,
}

impl UpdateSender {
    /// Hands over a document. Whether it is in force: nothing more is fetched before that is known, so that no more
    /// than one document of a source is ever in flight.
    pub async fn send_document(&self, document: FetchedDocument) -> bool {
        let (verdict, accepted) = oneshot::channel();
        self.send(SourceUpdate::Document(document, verdict));
        accepted.await.unwrap_or(false)
    }

    /// Tells that nothing changed.
    pub fn send_unchanged(&self) {
        self.send(SourceUpdate::Unchanged);
    }

    /// Tells why the source could not be asked.
    pub fn send_failure(&self, why: String) {
        self.send(SourceUpdate::Failed(why));
    }

    fn send(&self, news: SourceUpdate) {
        // When nobody listens any more, this task is about to be ended.
        let _ = self.wakeups.send(Wakeup::Update(self.source_index, news));
    }
}
