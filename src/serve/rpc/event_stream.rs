//! `EventStream`: provider events, one for each change of the selected flags.
//!
//! A stream keeps the keys and fingerprints of the flags that it last sent, not a snapshot. A slow stream skips to the
//! newest state, so that stale events never queue up.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::watch;

use crate::selector::Selector;
use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::serve::http::body::data_frame;
use crate::serve::rpc::deadline::Deadline;
use crate::serve::rpc::envelope;
use crate::serve::rpc::stream_framing::StreamFraming;
use crate::serve::stream;
use crate::serve::stream::Disconnected;
use crate::serve::stream::FrameSender;
use crate::serve::stream::StreamWakeup;
use crate::snapshot::Fingerprints;
use crate::wire::Codec;
use crate::wire::EvaluationApi;
use crate::wire::evaluation::event_stream::ProviderEvent;

/// The request for a stream.
#[derive(Debug)]
pub struct StreamRequest {
    /// The API of the call.
    pub contract: EvaluationApi,
    /// The codec of the events.
    pub codec: Codec,
    /// The flags whose changes are sent.
    pub selector: Selector,
    /// The client's deadline.
    pub deadline: Deadline,
}

/// Opens a stream. Its task ends at the deadline, when the client disconnects, or at shutdown.
///
/// The operator's deadline does not apply to the oldest contract, as in flagd.
pub fn open(
    context: &ServerContext,
    slot: OwnedSemaphorePermit,
    framing: StreamFraming,
    request: StreamRequest,
) -> Body {
    // Subscribe first: a generation that is published before the snapshot is loaded then counts as a change.
    let generation = context.live.subscribe();
    let snapshot = context.live.load_full();
    let deadline = match request.contract {
        EvaluationApi::SchemaV1 => request.deadline.remaining(),
        EvaluationApi::EvaluationV1 | EvaluationApi::EvaluationV2 => {
            stream::earlier_deadline(&context.config, request.deadline.remaining())
        }
    };
    let error_frame = move |error| Some(framing.end_frame(Err(error)));
    stream::open(context, slot, error_frame, |sender| {
        let events = EventStream {
            last_sent: snapshot.fingerprints(&request.selector),
            last_sent_generation: snapshot.generation,
            generation,
            context: context.clone(),
            codec: request.codec,
            selector: request.selector,
            sender,
        };
        events.run(framing, deadline)
    })
}

struct EventStream {
    context: ServerContext,
    last_sent: Arc<Fingerprints>,
    last_sent_generation: u64,
    generation: watch::Receiver<u64>,
    codec: Codec,
    selector: Selector,
    sender: FrameSender,
}

impl EventStream {
    #[expect(
        clippy::manual_async_fn,
        reason = "an `async fn` would store the stream twice for its whole lifetime"
    )]
    fn run(
        mut self,
        framing: StreamFraming,
        deadline: Option<Duration>,
    ) -> impl Future<Output = ()> {
        async move {
            let ended = stream::with_deadline(deadline, pin!(self.send_events())).await;
            let status = match ended {
                Ok(Err(Disconnected)) => return,
                Ok(Ok(())) => stream::shutdown_status(),
                Err(error) => error,
            };
            let last = framing.end_frame(Err(status));
            stream::send_last(&self.sender, last, self.context.config.grace).await;
        }
    }

    async fn send_events(&mut self) -> Result<(), Disconnected> {
        self.send_signal(ProviderEvent::Ready).await?;
        let keep_alive = Some(self.context.config.keep_alive_interval);
        loop {
            let (generation, shutdown) = (&mut self.generation, &mut self.context.shutdown);
            match stream::wait(&self.sender, generation, shutdown, keep_alive).await {
                StreamWakeup::Disconnected => return Err(Disconnected),
                StreamWakeup::Shutdown => return self.send_signal(ProviderEvent::Shutdown).await,
                StreamWakeup::NewGeneration => self.send_changes().await?,
                StreamWakeup::KeepAliveDue => self.send_signal(ProviderEvent::KeepAlive).await?,
            }
        }
    }

    async fn send_changes(&mut self) -> Result<(), Disconnected> {
        let changes = {
            let snapshot = self.context.live.load();
            let (then, selector) = (self.last_sent_generation, &self.selector);
            let changes = snapshot.changes_since(then, &self.last_sent, selector);
            self.last_sent = snapshot.fingerprints(selector);
            self.last_sent_generation = snapshot.generation;
            changes
        };
        if changes.flags.is_empty() {
            return Ok(());
        }
        self.send(changes.event(self.codec)).await
    }

    async fn send_signal(&self, signal: ProviderEvent) -> Result<(), Disconnected> {
        self.send(envelope::encode_length_prefixed(
            0,
            &signal.encode(self.codec),
        ))
        .await
    }

    async fn send(&self, framed: Bytes) -> Result<(), Disconnected> {
        stream::send(&self.context, &self.sender, data_frame(framed)).await
    }
}
