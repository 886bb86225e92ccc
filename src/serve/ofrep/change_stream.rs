//! OFREP's change stream: server-sent events that tell clients to evaluate anew.
//!
//! An event carries the entity tag of the selected flags, which is the same on every replica. A client that comes back
//! says which one it saw last, so nothing that happened meanwhile is lost, on whichever replica it lands.
//! <https://github.com/open-feature/protocol/blob/main/service/event-streams.yaml>

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::HeaderValue;
use http::Response;
use http::StatusCode;
use http::header;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::live::Live;
use crate::selector::Selector;
use crate::serve::http::body::Body;
use crate::serve::http::body::BoxedFrame;
use crate::serve::http::body::data_frame;
use crate::serve::listen::accept::shutdown_requested;
use crate::serve::rpc::event_stream;
use crate::wire::ofrep::sse_events;

/// What a stream of changes works with.
#[derive(Debug)]
pub struct ChangeStream {
    /// The flags.
    pub live: Arc<Live>,
    /// Which of them.
    pub selector: Selector,
    /// How long the stream may be silent.
    pub keep_alive_interval: Duration,
    /// How long it may last.
    pub deadline: Option<Duration>,
    /// Turns true when it is time to go.
    pub shutdown: watch::Receiver<bool>,
}

/// The answer that opens a stream. It ends with the client, or with the server, and gives its place back.
pub fn open(
    stream: ChangeStream,
    slot: OwnedSemaphorePermit,
    headers: &HeaderMap,
) -> Response<Body> {
    let (sender, receiver) = mpsc::channel(1);
    let seen = headers.get("last-event-id");
    let seen = seen.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    tokio::spawn(async move {
        let _slot = slot;
        // At the end the client comes back by itself, if there is somebody to come back to.
        let _ =
            event_stream::with_deadline(stream.deadline, pin!(stream.send_events(seen, &sender)))
                .await;
    });
    let mut response = Response::new(Body::Stream(receiver));
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // nginx would hold events back otherwise.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// The answer when there is no stream to be had.
pub fn plain_text_error(status: StatusCode, why: String) -> Response<Body> {
    let mut response = Response::new(Body::Full(why.into()));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

/// The client is gone.
struct ClientDisconnected;

impl ChangeStream {
    async fn send_events(
        mut self,
        seen: Option<String>,
        sender: &mpsc::Sender<BoxedFrame>,
    ) -> Result<(), ClientDisconnected> {
        let mut generation = self.live.subscribe();
        let mut told = self.etag();
        send(sender, sse_events::initial_retry_and_id(&told)).await?;
        if seen.is_some_and(|seen| seen != *told) {
            send(sender, sse_events::refetch_event(&told)).await?;
        }
        loop {
            tokio::select! {
                biased;
                () = sender.closed() => return Err(ClientDisconnected),
                () = shutdown_requested(&mut self.shutdown) => return Ok(()),
                _ = generation.changed() => {}
                () = tokio::time::sleep(self.keep_alive_interval) => send(sender, sse_events::KEEP_ALIVE.to_owned()).await?,
            }
            let now = self.etag();
            if now != told {
                send(sender, sse_events::refetch_event(&now)).await?;
                told = now;
            }
        }
    }

    fn etag(&self) -> Arc<str> {
        self.live.load().fingerprints(&self.selector).etag()
    }
}

async fn send(sender: &mpsc::Sender<BoxedFrame>, text: String) -> Result<(), ClientDisconnected> {
    sender
        .send(data_frame(text))
        .await
        .map_err(|_| ClientDisconnected)
}
