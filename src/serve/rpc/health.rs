//! `grpc.health.v1.Health/Watch`: how a service is, whenever that changes.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc;

use crate::serve::http::body::Body;
use crate::serve::http::body::data_frame;
use crate::serve::listen::accept::shutdown_requested;
use crate::serve::rpc::builtin_services::BuiltinServices;
use crate::serve::rpc::builtin_services::GRPC_STREAM;
use crate::serve::rpc::envelope;
use crate::serve::rpc::event_stream;
use crate::wire::grpc::health::HealthStatus;

/// Opens a stream. It ends with the client or with the server, after it has told of that.
pub fn watch(services: Arc<BuiltinServices>, slot: OwnedSemaphorePermit, service: String) -> Body {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let _slot = slot;
        let mut generation = services.live.subscribe();
        let mut shutdown = services.shutdown.clone();
        let mut told: Option<HealthStatus> = None;
        loop {
            generation.mark_unchanged();
            let down = *shutdown.borrow();
            let health = services.health(&service);
            if told != Some(health) {
                let frame = data_frame(envelope::encode_length_prefixed(0, &health.encode()));
                if sender.send(frame).await.is_err() {
                    return;
                }
                told = Some(health);
            }
            if down {
                break;
            }
            tokio::select! {
                () = sender.closed() => return,
                () = shutdown_requested(&mut shutdown) => {}
                _ = generation.changed() => {}
            }
        }
        event_stream::send_last(
            &sender,
            GRPC_STREAM.end_frame(Ok(())),
            services.config.grace,
        )
        .await;
    });
    Body::Stream(receiver)
}
