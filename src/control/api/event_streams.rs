//! `EventStreams`: server-sent events over HTTP. The dialects and the page open their streams here, too.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::control::api::problem::Problem;
use crate::control::events::EventId;
use crate::control::events::Feed;
use crate::control::events::FeedItem;
use crate::control::events::Subscription;
use crate::metric::task_panics::TaskKind;
use crate::serve::http::body::BoxedFrame;
use crate::serve::http::body::data_frame;
use crate::serve::shutdown_watch;
use crate::serve::tasks::Tasks;

/// The most streams at a time.
pub const MAX_STREAMS: usize = 2000;
/// A client that does not read an event within this time is disconnected.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// How soon a browser connects again, in milliseconds.
const RETRY_MS: u32 = 1000;
/// The frame that keeps a connection alive.
const HEARTBEAT_FRAME: &str = ": \n\n";

/// The event streams of the API.
#[derive(Clone)]
pub struct EventStreams {
    feeds: Arc<BTreeMap<Arc<str>, Arc<Feed>>>,
    slots: Arc<Semaphore>,
    tasks: Tasks,
    shutdown: watch::Receiver<bool>,
}

/// The frames of a stream, in the extensions of its response.
#[derive(Clone)]
pub struct StreamedBody(Arc<Mutex<Option<mpsc::Receiver<BoxedFrame>>>>);

impl StreamedBody {
    /// Returns the frames, once.
    pub fn take(&self) -> Option<mpsc::Receiver<BoxedFrame>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl EventStreams {
    /// The streams of these feeds, which end at the shutdown.
    pub fn new(
        feeds: BTreeMap<Arc<str>, Arc<Feed>>,
        tasks: Tasks,
        shutdown: watch::Receiver<bool>,
    ) -> EventStreams {
        EventStreams {
            feeds: Arc::new(feeds),
            slots: Arc::new(Semaphore::new(MAX_STREAMS)),
            tasks,
            shutdown,
        }
    }

    /// Opens a stream of an environment. `encode` returns the frame of an item, which is `None` if the stream has none.
    /// `Last-Event-ID` of the request continues an earlier stream.
    ///
    /// # Errors
    /// If too many streams are open.
    pub fn open(
        &self,
        environment: &str,
        headers: &HeaderMap,
        mut encode: impl FnMut(&FeedItem) -> Option<Bytes> + Send + 'static,
    ) -> Result<Response, Problem> {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let feed = self.feeds.get(environment).cloned();
        let feed =
            feed.ok_or_else(|| Problem::new(status, "ended", "the environment has ended"))?;
        let slot = self.slot()?;
        let last = headers.get("last-event-id").map(HeaderValue::as_bytes);
        let last = last.map(|id| String::from_utf8_lossy(id).into_owned());
        let mut subscription = Subscription::new(feed, last.as_deref());
        let mut shutdown = self.shutdown.clone();
        let (sender, receiver) = mpsc::channel(1);
        let task = async move {
            let _slot = slot;
            let mut frame = Some(first_frame(subscription.seen()));
            loop {
                if let Some(frame) = frame.take() {
                    let sent = tokio::time::timeout(WRITE_TIMEOUT, sender.send(data_frame(frame)));
                    if !matches!(sent.await, Ok(Ok(()))) {
                        return;
                    }
                }
                let item = tokio::select! {
                    () = sender.closed() => return,
                    () = shutdown_watch::requested(&mut shutdown) => return,
                    item = subscription.next() => item,
                };
                let Some(item) = item else { return };
                frame = match &item {
                    FeedItem::Heartbeat => Some(Bytes::from_static(HEARTBEAT_FRAME.as_bytes())),
                    item => encode(item),
                };
            }
        };
        self.tasks.spawn(TaskKind::Stream, Box::pin(task), None);
        Ok(response(receiver))
    }

    /// Opens a stream whose frames `task` sends until the client leaves. It is dropped at the shutdown.
    ///
    /// # Errors
    /// If too many streams are open.
    pub fn run(
        &self,
        frames: mpsc::Receiver<BoxedFrame>,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Response, Problem> {
        let slot = self.slot()?;
        let mut shutdown = self.shutdown.clone();
        let task = async move {
            let _slot = slot;
            tokio::select! {
                () = shutdown_watch::requested(&mut shutdown) => {}
                () = task => {}
            }
        };
        self.tasks.spawn(TaskKind::Stream, Box::pin(task), None);
        Ok(response(frames))
    }

    fn slot(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.slots.clone().try_acquire_owned().map_err(|_| {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let why = format!("{MAX_STREAMS} event streams are open, which is the limit");
            Problem::new(status, "too-many-streams", why)
        })
    }
}

/// The frame at the beginning: without an event, and with the id from which a client continues that disconnects before
/// the first change.
fn first_frame(seen: Option<EventId>) -> Bytes {
    let id = seen.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("retry: {RETRY_MS}\n{id}\n").into()
}

fn response(frames: mpsc::Receiver<BoxedFrame>) -> Response {
    let mut response = Response::new(Body::empty());
    let frames = StreamedBody(Arc::new(Mutex::new(Some(frames))));
    response.extensions_mut().insert(frames);
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store, no-transform"),
        // Without it nginx buffers events.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
