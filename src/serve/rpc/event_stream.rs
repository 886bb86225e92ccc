//! Event streams: what changed, as it changes.
//!
//! A stream remembers what it last told of: keys and fingerprints, not a snapshot. When it is slow it skips to the newest
//! state: there is never a queue of stale events.

use std::pin::Pin;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::HeaderValue;
use http::Response;
use http::header;
use http_body::Frame;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::selector::Selector;
use crate::serve::ServeConfig;
use crate::serve::http::body::Body;
use crate::serve::http::body::BoxedFrame;
use crate::serve::http::body::data_frame;
use crate::serve::listen::accept::shutdown_requested;
use crate::serve::rpc::deadline::Deadline;
use crate::serve::rpc::envelope;
use crate::serve::rpc::grpc;
use crate::serve::rpc::negotiate::RpcProtocol;
use crate::serve::rpc::router::EvaluationService;
use crate::snapshot::Fingerprints;
use crate::wire::Codec;
use crate::wire::EvaluationApi;
use crate::wire::evaluation::event_stream::ProviderEvent;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// How a stream ends in its protocol.
#[derive(Debug, Clone, Copy)]
pub struct StreamFraming {
    /// The protocol.
    pub protocol: RpcProtocol,
}

impl StreamFraming {
    /// The answer that opens a stream, or says why there is none.
    pub fn opening_response(
        self,
        content_type: HeaderValue,
        opened: Result<Body, RpcError>,
    ) -> Response<Body> {
        let body = match (self.protocol, opened) {
            (_, Ok(body)) => body,
            (RpcProtocol::Grpc | RpcProtocol::GrpcWeb, Err(error)) => {
                return grpc::unary_response(self.protocol, content_type, Err(error), false);
            }
            (RpcProtocol::Connect, Err(error)) => Body::Full(connect_end_frame(Err(error))),
        };
        let mut response = Response::new(body);
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type);
        response
    }

    /// The frame that ends a stream.
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "a piece is boxed for its channel"
    )]
    pub fn end_frame(self, status: Result<(), RpcError>) -> BoxedFrame {
        match self.protocol {
            RpcProtocol::Connect => data_frame(connect_end_frame(status)),
            RpcProtocol::Grpc => Box::new(Frame::trailers(grpc::status_trailers(status))),
            RpcProtocol::GrpcWeb => {
                let trailers: HeaderMap = grpc::status_trailers(status);
                data_frame(grpc::web_trailers_frame(&trailers))
            }
        }
    }
}

/// The frame that ends a Connect stream.
fn connect_end_frame(status: Result<(), RpcError>) -> Bytes {
    let end = match status {
        Ok(()) => "{}".to_owned(),
        Err(error) => format!("{{\"error\":{}}}", error.to_json()),
    };
    envelope::encode_length_prefixed(envelope::END_STREAM, end.as_bytes())
}

/// The earlier of two deadlines: the operator's, of which zero is none, and the client's.
pub fn stream_deadline(settings: &ServeConfig, client_deadline: Deadline) -> Option<Duration> {
    let own = Some(settings.stream_deadline).filter(|own| !own.is_zero());
    own.into_iter().chain(client_deadline.remaining()).min()
}

/// Follows a stream until it ends or its deadline passes. The stream is pinned by the caller: taken by value it would be
/// held twice, for as long as it lasts.
///
/// # Errors
/// At the deadline.
pub async fn with_deadline<T>(
    deadline: Option<Duration>,
    stream: Pin<&mut impl Future<Output = T>>,
) -> Result<T, RpcError> {
    let Some(deadline) = deadline else {
        return Ok(stream.await);
    };
    let ended = tokio::time::timeout(deadline, stream).await;
    ended.map_err(|_| {
        let why = "stream closed due to server-side timeout";
        RpcError::new(RpcCode::DeadlineExceeded, why)
    })
}

/// How streams end with the server. Not well, as flagd's: some clients open a stream again only after an error, and would
/// keep their last answers for good after one that ended well.
pub fn shutdown_status() -> RpcError {
    RpcError::new(RpcCode::Unavailable, "the server is shutting down")
}

/// Ends a stream, if the client still takes anything within `patience`: its place is wanted.
pub async fn send_last(sender: &mpsc::Sender<BoxedFrame>, last: BoxedFrame, timeout: Duration) {
    let _ = tokio::time::timeout(timeout, sender.send(last)).await;
}

/// A place among the open streams.
///
/// # Errors
/// If all are taken.
pub fn acquire_stream_slot(streams: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, RpcError> {
    streams.clone().try_acquire_owned().map_err(|_| {
        let why = "too many open streams: --max-streams are in use";
        RpcError::new(RpcCode::ResourceExhausted, why)
    })
}

/// What a client wants of a stream.
#[derive(Debug)]
pub struct StreamRequest {
    /// The contract that it speaks.
    pub contract: EvaluationApi,
    /// The codec of the events.
    pub codec: Codec,
    /// The flags that it is about.
    pub selector: Selector,
    /// How long it waits.
    pub deadline: Deadline,
}

/// Opens a stream. Its task ends with the stream, with the client, or with the server.
///
/// The operator's deadline is not for the oldest contract, as in flagd.
pub fn open(
    rpc: Arc<EvaluationService>,
    slot: OwnedSemaphorePermit,
    ending: StreamFraming,
    request: StreamRequest,
) -> Body {
    let (sender, receiver) = mpsc::channel(1);
    // Follow first: what is published between the two is then seen as a change.
    let generation = rpc.live.subscribe();
    let snapshot = rpc.live.load_full();
    let deadline = match request.contract {
        EvaluationApi::SchemaV1 => request.deadline.remaining(),
        EvaluationApi::EvaluationV1 | EvaluationApi::EvaluationV2 => {
            stream_deadline(&rpc.config, request.deadline)
        }
    };
    let stream = EventStream {
        last_sent: snapshot.fingerprints(&request.selector),
        last_sent_generation: snapshot.generation,
        generation,
        shutdown: rpc.shutdown.clone(),
        service: rpc,
        codec: request.codec,
        selector: request.selector,
        sender,
        _slot: slot,
    };
    tokio::spawn(stream.run(ending, deadline));
    Body::Stream(receiver)
}

struct EventStream {
    service: Arc<EvaluationService>,
    last_sent: Arc<Fingerprints>,
    last_sent_generation: u64,
    generation: watch::Receiver<u64>,
    shutdown: watch::Receiver<bool>,
    codec: Codec,
    selector: Selector,
    sender: mpsc::Sender<BoxedFrame>,
    _slot: OwnedSemaphorePermit,
}

/// The client is gone.
struct Disconnected;

/// What a stream was woken by.
enum StreamWakeup {
    Disconnected,
    Shutdown,
    NewGeneration,
    KeepAliveDue,
}

impl EventStream {
    #[expect(
        clippy::manual_async_fn,
        reason = "an `async fn` would hold the stream twice, for as long as it lasts"
    )]
    fn run(
        mut self,
        ending: StreamFraming,
        deadline: Option<Duration>,
    ) -> impl Future<Output = ()> {
        async move {
            let followed = with_deadline(deadline, pin!(self.send_events())).await;
            let status = match followed {
                Ok(Err(Disconnected)) => return,
                Ok(Ok(())) => shutdown_status(),
                Err(error) => error,
            };
            let last = ending.end_frame(Err(status));
            send_last(&self.sender, last, self.service.config.grace).await;
        }
    }

    async fn send_events(&mut self) -> Result<(), Disconnected> {
        self.send_signal(ProviderEvent::Ready).await?;
        loop {
            match self.next_wakeup().await {
                StreamWakeup::Disconnected => return Err(Disconnected),
                StreamWakeup::Shutdown => return self.send_signal(ProviderEvent::Shutdown).await,
                StreamWakeup::NewGeneration => self.send_changes().await?,
                StreamWakeup::KeepAliveDue => self.send_signal(ProviderEvent::KeepAlive).await?,
            }
        }
    }

    async fn next_wakeup(&mut self) -> StreamWakeup {
        let silence = tokio::time::sleep(self.service.config.keep_alive_interval);
        tokio::select! {
            biased;
            () = self.sender.closed() => StreamWakeup::Disconnected,
            () = shutdown_requested(&mut self.shutdown) => StreamWakeup::Shutdown,
            _ = self.generation.changed() => StreamWakeup::NewGeneration,
            () = silence => StreamWakeup::KeepAliveDue,
        }
    }

    async fn send_changes(&mut self) -> Result<(), Disconnected> {
        let changes = {
            let snapshot = self.service.live.load();
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
        let sent = self.sender.send(data_frame(framed)).await;
        sent.map_err(|_| Disconnected)
    }
}
