//! `grpc.health.v1.Health`: the serving status of a service, and `Watch`, the stream of its changes.

use tokio::sync::OwnedSemaphorePermit;

use crate::serve::context::ServerContext;
use crate::serve::http::body::Body;
use crate::serve::http::body::data_frame;
use crate::serve::rpc::envelope;
use crate::serve::rpc::stream_framing::StreamFraming;
use crate::serve::stream;
use crate::serve::stream::FrameSender;
use crate::serve::stream::StreamWakeup;
use crate::wire::grpc::health::HealthStatus;

/// The status of a service: the status of the server if the port has the service, otherwise unknown.
pub fn status(context: &ServerContext, is_known: bool) -> HealthStatus {
    if !is_known {
        HealthStatus::Unknown
    } else if context.is_ready() {
        HealthStatus::Serving
    } else {
        HealthStatus::NotServing
    }
}

/// Opens a stream. It ends when the client disconnects, or at shutdown after the last status is sent.
pub fn watch(context: &ServerContext, slot: OwnedSemaphorePermit, is_known: bool) -> Body {
    let error_frame = |error| Some(StreamFraming::GRPC.end_frame(Err(error)));
    let owned = context.clone();
    stream::open(context, slot, error_frame, |sender| {
        send_changes(owned, sender, is_known)
    })
}

async fn send_changes(mut context: ServerContext, sender: FrameSender, is_known: bool) {
    let mut generation = context.live.subscribe();
    let mut sent: Option<HealthStatus> = None;
    loop {
        generation.mark_unchanged();
        let down = *context.shutdown.borrow();
        let health = status(&context, is_known);
        if sent != Some(health) {
            let frame = data_frame(envelope::encode_length_prefixed(0, &health.encode()));
            if stream::send(&context, &sender, frame).await.is_err() {
                return;
            }
            sent = Some(health);
        }
        if down {
            break;
        }
        let wakeup = stream::wait(&sender, &mut generation, &mut context.shutdown, None).await;
        if wakeup == StreamWakeup::Disconnected {
            return;
        }
    }
    let last = StreamFraming::GRPC.end_frame(Ok(()));
    stream::send_last(&sender, last, context.config.grace).await;
}
