//! Opens the streams of flag sync: slot, deadline, metrics, and the frame that ends a stream.

use std::pin::pin;
use std::time::Duration;

use crate::metric::sync_stream::CloseReason;
use crate::metric::sync_stream::OpenStream;
use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::serve::rpc::stream_framing::StreamFraming;
use crate::serve::stream;
use crate::serve::stream::FrameSender;
use crate::wire::rpc_error::RpcError;

/// Opens a stream: `send` sends its documents until the client disconnects or the server shuts down.
///
/// # Errors
/// If all slots are taken.
pub fn open<F: Future<Output = CloseReason> + Send + 'static>(
    context: &ServerContext,
    mut open: OpenStream,
    deadline: Option<Duration>,
    send: impl FnOnce(FrameSender) -> F + Send + 'static,
) -> Result<Body, RpcError> {
    let slot = stream::acquire_slot(context)?;
    let error_frame = |error| Some(StreamFraming::GRPC.end_frame(Err(error)));
    let grace = context.config.grace;
    Ok(stream::open(
        context,
        slot,
        error_frame,
        |sender| async move {
            let updates = pin!(send(sender.clone()));
            let (reason, status) = match stream::with_deadline(deadline, updates).await {
                Ok(reason) => (reason, stream::shutdown_status()),
                Err(error) => (CloseReason::DeadlineExceeded, error),
            };
            open.close_reason = reason;
            drop(open);
            let last = StreamFraming::GRPC.end_frame(Err(status));
            stream::send_last(&sender, last, grace).await;
        },
    ))
}
