//! `grpc.health.v1.Health/Watch`: how a service is, whenever that changes.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc;

use crate::serve::body::Body;
use crate::serve::body::piece;
use crate::serve::envelope;
use crate::serve::events;
use crate::serve::listen::announced;
use crate::serve::standing::ENDING;
use crate::serve::standing::Standing;
use crate::wire::health::Health;

/// Opens a stream. It ends with the client or with the server, after it has told of that.
pub fn watch(standing: Arc<Standing>, place: OwnedSemaphorePermit, service: String) -> Body {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let _place = place;
        let mut generation = standing.live.follow();
        let mut shutdown = standing.shutdown.clone();
        let mut told: Option<Health> = None;
        loop {
            generation.mark_unchanged();
            let down = *shutdown.borrow();
            let health = standing.health(&service);
            if told != Some(health) {
                let frame = piece(envelope::frame(0, &health.encode()));
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
                () = announced(&mut shutdown) => {}
                _ = generation.changed() => {}
            }
        }
        events::end(&sender, ENDING.frame(Ok(())), standing.settings.grace).await;
    });
    Body::Stream(receiver)
}
