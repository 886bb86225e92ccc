//! Streams of all protocols: slots, tasks, deadlines, waiting for the next event, and the end of a stream.

use std::pin::Pin;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::fault_injection;
use crate::metric::limit_hits::Limit;
use crate::metric::task_panics::TaskKind;
use crate::serve::config::ServeConfig;
use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::serve::http::body::BoxedFrame;
use crate::serve::listen::limit_report;
use crate::serve::shutdown_watch;
use crate::wire::rpc_error::RpcCode;
use crate::wire::rpc_error::RpcError;

/// The sending half of a stream's body.
pub type FrameSender = mpsc::Sender<BoxedFrame>;

/// The error of a stream whose client has disconnected, or does not read.
#[derive(Debug)]
pub struct Disconnected;

/// The event that woke a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamWakeup {
    /// The client has disconnected.
    Disconnected,
    /// The server shuts down.
    Shutdown,
    /// The flags may have changed.
    NewGeneration,
    /// The keep-alive interval has passed without an event.
    KeepAliveDue,
}

/// Acquires a slot for a stream.
///
/// # Errors
/// If all slots are taken.
pub fn acquire_slot(context: &ServerContext) -> Result<OwnedSemaphorePermit, RpcError> {
    let slots = context.stream_slots.clone();
    slots.try_acquire_owned().map_err(|_| {
        limit_report::report(&context.config.metrics, Limit::Streams, None);
        let why = "too many open streams: the limit of --max-streams is reached";
        RpcError::new(RpcCode::ResourceExhausted, why)
    })
}

/// Opens a stream: spawns a task that sends its frames, and returns its body. The task keeps the slot until it ends.
///
/// If the task panics, the stream ends with the frame from `error_frame`, if its protocol has an error frame.
pub fn open<F: Future<Output = ()> + Send + 'static>(
    context: &ServerContext,
    slot: OwnedSemaphorePermit,
    error_frame: impl FnOnce(RpcError) -> Option<BoxedFrame> + Send + 'static,
    send_frames: impl FnOnce(FrameSender) -> F,
) -> Body {
    let (sender, receiver) = mpsc::channel(1);
    let last_sender = sender.clone();
    let stream = send_frames(sender);
    let task = async move {
        let _slot = slot;
        fault_injection::point("stream");
        stream.await;
    };
    let grace = context.config.grace;
    let after_panic = async move {
        let error = RpcError::new(RpcCode::Internal, "the stream failed");
        if let Some(frame) = error_frame(error) {
            send_last(&last_sender, frame, grace).await;
        }
    };
    let tasks = &context.tasks;
    tasks.spawn(
        TaskKind::Stream,
        Box::pin(task),
        Some(Box::pin(after_panic)),
    );
    Body::Stream(receiver)
}

/// The earlier of two deadlines: the operator's, where zero means none, and the client's.
pub fn earlier_deadline(config: &ServeConfig, client: Option<Duration>) -> Option<Duration> {
    let own = Some(config.stream_deadline).filter(|own| !own.is_zero());
    own.into_iter().chain(client).min()
}

/// Runs a stream until it ends or its deadline passes. The caller pins the stream: passed by value, it would be stored
/// twice for its whole lifetime.
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

/// Waits for the next event of a stream, for at most `keep_alive` if it is given.
pub async fn wait(
    sender: &FrameSender,
    generation: &mut watch::Receiver<u64>,
    shutdown: &mut watch::Receiver<bool>,
    keep_alive: Option<Duration>,
) -> StreamWakeup {
    let keep_alive_due = async {
        match keep_alive {
            Some(interval) => tokio::time::sleep(interval).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = sender.closed() => StreamWakeup::Disconnected,
        () = shutdown_watch::requested(shutdown) => StreamWakeup::Shutdown,
        _ = generation.changed() => StreamWakeup::NewGeneration,
        () = keep_alive_due => StreamWakeup::KeepAliveDue,
    }
}

/// Sends a frame. The stream ends if the client does not accept it within the write timeout: a stream that nobody reads
/// would keep its slot, and the state of its last message.
///
/// # Errors
/// If the client has disconnected, or does not read.
pub async fn send(
    context: &ServerContext,
    sender: &FrameSender,
    frame: BoxedFrame,
) -> Result<(), Disconnected> {
    let config = &context.config;
    if let Ok(sent) = tokio::time::timeout(config.write_timeout, sender.send(frame)).await {
        return sent.map_err(|_| Disconnected);
    }
    limit_report::report(&config.metrics, Limit::WriteTimeout, None);
    Err(Disconnected)
}

/// The status of streams at shutdown: UNAVAILABLE, as in flagd, because some clients reconnect only after an error and
/// would otherwise keep their last values indefinitely.
pub fn shutdown_status() -> RpcError {
    RpcError::new(RpcCode::Unavailable, "the server is shutting down")
}

/// Sends the frame that ends a stream. Drops it if the client does not receive it within `timeout`.
pub async fn send_last(sender: &FrameSender, last: BoxedFrame, timeout: Duration) {
    let _ = tokio::time::timeout(timeout, sender.send(last)).await;
}
