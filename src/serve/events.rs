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
use crate::serve::Settings;
use crate::serve::body::Body;
use crate::serve::body::Piece;
use crate::serve::body::piece;
use crate::serve::envelope;
use crate::serve::grpc;
use crate::serve::listen::announced;
use crate::serve::patience::Patience;
use crate::serve::protocol::Protocol;
use crate::serve::rpc::Rpc;
use crate::snapshot::Prints;
use crate::wire::Codec;
use crate::wire::Contract;
use crate::wire::error::Code;
use crate::wire::error::RpcError;
use crate::wire::event::Signal;

/// How a stream ends in its protocol.
#[derive(Debug, Clone, Copy)]
pub struct Ending {
    /// The protocol.
    pub protocol: Protocol,
}

impl Ending {
    /// The answer that opens a stream, or says why there is none.
    pub fn opening(
        self,
        content_type: HeaderValue,
        opened: Result<Body, RpcError>,
    ) -> Response<Body> {
        let body = match (self.protocol, opened) {
            (_, Ok(body)) => body,
            (Protocol::Grpc | Protocol::GrpcWeb, Err(error)) => {
                return grpc::unary(self.protocol, content_type, Err(error), false);
            }
            (Protocol::Connect, Err(error)) => Body::Full(connect_end(Err(error))),
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
    pub fn frame(self, status: Result<(), RpcError>) -> Piece {
        match self.protocol {
            Protocol::Connect => piece(connect_end(status)),
            Protocol::Grpc => Box::new(Frame::trailers(grpc::trailers(status))),
            Protocol::GrpcWeb => {
                let trailers: HeaderMap = grpc::trailers(status);
                piece(grpc::web_trailers(&trailers))
            }
        }
    }
}

/// The frame that ends a Connect stream.
fn connect_end(status: Result<(), RpcError>) -> Bytes {
    let end = match status {
        Ok(()) => "{}".to_owned(),
        Err(error) => format!("{{\"error\":{}}}", error.to_json()),
    };
    envelope::frame(envelope::END_STREAM, end.as_bytes())
}

/// The earlier of two deadlines: the operator's, of which zero is none, and the client's.
pub fn deadline(settings: &Settings, patience: Patience) -> Option<Duration> {
    let own = Some(settings.stream_deadline).filter(|own| !own.is_zero());
    own.into_iter().chain(patience.left()).min()
}

/// Follows a stream until it ends or its deadline passes. The stream is pinned by the caller: taken by value it would be
/// held twice, for as long as it lasts.
///
/// # Errors
/// At the deadline.
pub async fn within<T>(
    deadline: Option<Duration>,
    stream: Pin<&mut impl Future<Output = T>>,
) -> Result<T, RpcError> {
    let Some(deadline) = deadline else {
        return Ok(stream.await);
    };
    let ended = tokio::time::timeout(deadline, stream).await;
    ended.map_err(|_| {
        let why = "stream closed due to server-side timeout";
        RpcError::new(Code::DeadlineExceeded, why)
    })
}

/// How streams end with the server. Not well, as flagd's: some clients open a stream again only after an error, and would
/// keep their last answers for good after one that ended well.
pub fn closing() -> RpcError {
    RpcError::new(Code::Unavailable, "the server is shutting down")
}

/// Ends a stream, if the client still takes anything within `patience`: its place is wanted.
pub async fn end(sender: &mpsc::Sender<Piece>, last: Piece, patience: Duration) {
    let _ = tokio::time::timeout(patience, sender.send(last)).await;
}

/// A place among the open streams.
///
/// # Errors
/// If all are taken.
pub fn place(streams: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, RpcError> {
    streams.clone().try_acquire_owned().map_err(|_| {
        let why = "too many open streams: --max-streams are in use";
        RpcError::new(Code::ResourceExhausted, why)
    })
}

/// What a client wants of a stream.
#[derive(Debug)]
pub struct Wish {
    /// The contract that it speaks.
    pub contract: Contract,
    /// The codec of the events.
    pub codec: Codec,
    /// The flags that it is about.
    pub selector: Selector,
    /// How long it waits.
    pub patience: Patience,
}

/// Opens a stream. Its task ends with the stream, with the client, or with the server.
///
/// The operator's deadline is not for the oldest contract, as in flagd.
pub fn open(rpc: Arc<Rpc>, place: OwnedSemaphorePermit, ending: Ending, wish: Wish) -> Body {
    let (sender, receiver) = mpsc::channel(1);
    // Follow first: what is published between the two is then seen as a change.
    let generation = rpc.live.follow();
    let snapshot = rpc.live.load_full();
    let deadline = match wish.contract {
        Contract::Schema1 => wish.patience.left(),
        Contract::Evaluation1 | Contract::Evaluation2 => deadline(&rpc.settings, wish.patience),
    };
    let stream = Stream {
        told: snapshot.prints(&wish.selector),
        told_generation: snapshot.generation,
        generation,
        shutdown: rpc.shutdown.clone(),
        rpc,
        codec: wish.codec,
        selector: wish.selector,
        sender,
        _place: place,
    };
    tokio::spawn(stream.run(ending, deadline));
    Body::Stream(receiver)
}

struct Stream {
    rpc: Arc<Rpc>,
    told: Arc<Prints>,
    told_generation: u64,
    generation: watch::Receiver<u64>,
    shutdown: watch::Receiver<bool>,
    codec: Codec,
    selector: Selector,
    sender: mpsc::Sender<Piece>,
    _place: OwnedSemaphorePermit,
}

/// The client is gone.
struct Gone;

/// What a stream was woken by.
enum Next {
    Gone,
    Shutdown,
    Generation,
    Silence,
}

impl Stream {
    #[expect(
        clippy::manual_async_fn,
        reason = "an `async fn` would hold the stream twice, for as long as it lasts"
    )]
    fn run(mut self, ending: Ending, deadline: Option<Duration>) -> impl Future<Output = ()> {
        async move {
            let followed = within(deadline, pin!(self.follow())).await;
            let status = match followed {
                Ok(Err(Gone)) => return,
                Ok(Ok(())) => closing(),
                Err(error) => error,
            };
            let last = ending.frame(Err(status));
            end(&self.sender, last, self.rpc.settings.grace).await;
        }
    }

    async fn follow(&mut self) -> Result<(), Gone> {
        self.signal(Signal::Ready).await?;
        loop {
            match self.next().await {
                Next::Gone => return Err(Gone),
                Next::Shutdown => return self.signal(Signal::Shutdown).await,
                Next::Generation => self.tell().await?,
                Next::Silence => self.signal(Signal::KeepAlive).await?,
            }
        }
    }

    async fn next(&mut self) -> Next {
        let silence = tokio::time::sleep(self.rpc.settings.keep_alive);
        tokio::select! {
            biased;
            () = self.sender.closed() => Next::Gone,
            () = announced(&mut self.shutdown) => Next::Shutdown,
            _ = self.generation.changed() => Next::Generation,
            () = silence => Next::Silence,
        }
    }

    async fn tell(&mut self) -> Result<(), Gone> {
        let changes = {
            let snapshot = self.rpc.live.load();
            let (then, selector) = (self.told_generation, &self.selector);
            let changes = snapshot.changes_since(then, &self.told, selector);
            self.told = snapshot.prints(selector);
            self.told_generation = snapshot.generation;
            changes
        };
        if changes.flags.is_empty() {
            return Ok(());
        }
        self.send(changes.event(self.codec)).await
    }

    async fn signal(&self, signal: Signal) -> Result<(), Gone> {
        self.send(envelope::frame(0, &signal.encode(self.codec)))
            .await
    }

    async fn send(&self, framed: Bytes) -> Result<(), Gone> {
        let sent = self.sender.send(piece(framed)).await;
        sent.map_err(|_| Gone)
    }
}
