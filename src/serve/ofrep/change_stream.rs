//! OFREP's change stream: server-sent events that make clients evaluate again.
//!
//! An event carries the entity tag of the selected flags, which is the same on every replica. A client that reconnects
//! sends the last tag that it received, so no change is lost, whichever replica it connects to.
//! <https://github.com/open-feature/protocol/blob/main/service/event-streams.yaml>

use std::pin::pin;
use std::sync::Arc;

use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Response;
use http::StatusCode;
use http::header;
use tokio::sync::OwnedSemaphorePermit;

use crate::selector::Selector;
use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::serve::http::body::data_frame;
use crate::serve::http::respond;
use crate::serve::http::selector;
use crate::serve::stream;
use crate::serve::stream::Disconnected;
use crate::serve::stream::FrameSender;
use crate::serve::stream::StreamWakeup;
use crate::wire::ofrep::sse_events;

/// The response that opens a stream of changes of the flags that a text selects, or the error response.
pub fn change_stream_response(
    context: &ServerContext,
    selector_text: &str,
    headers: &HeaderMap,
) -> Response<Body> {
    let selector = match selector::parse(&context.config, selector_text) {
        Ok(selector) => selector,
        Err(why) => {
            let why = format!("invalid selector: {why}\n");
            return respond::plain_text(StatusCode::BAD_REQUEST, why);
        }
    };
    match stream::acquire_slot(context) {
        Ok(slot) => open(context, selector, slot, headers),
        Err(error) => {
            let why = format!("{}\n", error.message);
            respond::plain_text(StatusCode::SERVICE_UNAVAILABLE, why)
        }
    }
}

/// Opens a stream. It ends when the client disconnects, at its deadline, or at shutdown.
fn open(
    context: &ServerContext,
    selector: Selector,
    slot: OwnedSemaphorePermit,
    headers: &HeaderMap,
) -> Response<Body> {
    let seen = headers.get("last-event-id");
    let seen = seen.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let deadline = stream::earlier_deadline(&context.config, None);
    let mut changes = ChangeStream {
        context: context.clone(),
        selector,
    };
    // Server-sent events have no error frame: clients reconnect automatically.
    let body = stream::open(
        context,
        slot,
        |_| None,
        |sender| async move {
            let events = pin!(changes.send_events(seen, &sender));
            let _ = stream::with_deadline(deadline, events).await;
        },
    );
    let mut response = Response::new(body);
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Without it nginx buffers events.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

/// A stream of changes of the selected flags.
struct ChangeStream {
    context: ServerContext,
    selector: Selector,
}

impl ChangeStream {
    async fn send_events(
        &mut self,
        seen: Option<String>,
        sender: &FrameSender,
    ) -> Result<(), Disconnected> {
        let keep_alive = Some(self.context.config.keep_alive_interval);
        let mut generation = self.context.live.subscribe();
        let mut sent = self.etag();
        self.send(sender, sse_events::initial_retry_and_id(&sent))
            .await?;
        if seen.is_some_and(|seen| seen != *sent) {
            self.send(sender, sse_events::refetch_event(&sent)).await?;
        }
        loop {
            let shutdown = &mut self.context.shutdown;
            match stream::wait(sender, &mut generation, shutdown, keep_alive).await {
                StreamWakeup::Disconnected => return Err(Disconnected),
                StreamWakeup::Shutdown => return Ok(()),
                StreamWakeup::NewGeneration => {}
                StreamWakeup::KeepAliveDue => {
                    self.send(sender, sse_events::KEEP_ALIVE.to_owned()).await?;
                }
            }
            let now = self.etag();
            if now != sent {
                self.send(sender, sse_events::refetch_event(&now)).await?;
                sent = now;
            }
        }
    }

    async fn send(&self, sender: &FrameSender, text: String) -> Result<(), Disconnected> {
        stream::send(&self.context, sender, data_frame(text)).await
    }

    fn etag(&self) -> Arc<str> {
        let snapshot = self.context.live.load();
        snapshot.fingerprints(&self.selector).etag()
    }
}
