//! What network sources tell the thread that orders all updates.

use std::sync::mpsc;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::document::Format;

/// What wakes the thread.
#[derive(Debug)]
pub enum Wake {
    /// Something happened in the file system.
    Event(notify::Event),
    /// Events were lost.
    Lost,
    /// The source at this position has something to tell.
    News(usize, News),
    /// Everything ends.
    Stop,
}

/// What a network source has to tell.
#[derive(Debug)]
pub enum News {
    /// It has a document, and wants to know whether it is a good one.
    Document(Delivery, oneshot::Sender<bool>),
    /// Its document is still the same.
    Unchanged,
    /// It could not be asked, and why.
    Failed(String),
}

/// A document as it came over the network.
#[derive(Debug)]
pub struct Delivery {
    /// Its bytes.
    pub bytes: Bytes,
    /// How it is written.
    pub format: Format,
    /// What the server calls this version of it.
    pub etag: Option<Box<str>>,
}

/// A network source's way to the thread.
#[derive(Debug)]
pub struct Post {
    /// The position of the source.
    pub source: usize,
    /// The thread.
    pub wake: mpsc::Sender<Wake>,
}

impl Post {
    /// Hands over a document. Whether it is in force: nothing more is fetched before that is known, so that no more
    /// than one document of a source is ever in flight.
    pub async fn document(&self, delivery: Delivery) -> bool {
        let (verdict, told) = oneshot::channel();
        self.send(News::Document(delivery, verdict));
        told.await.unwrap_or(false)
    }

    /// Tells that nothing changed.
    pub fn unchanged(&self) {
        self.send(News::Unchanged);
    }

    /// Tells why the source could not be asked.
    pub fn failed(&self, why: String) {
        self.send(News::Failed(why));
    }

    fn send(&self, news: News) {
        // When nobody listens any more, this task is about to be ended.
        let _ = self.wake.send(Wake::News(self.source, news));
    }
}
