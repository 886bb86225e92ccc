//! Waits on the shutdown watch channel, which turns true once; signals are handled in `cli::fanion::start`.

use std::time::Duration;

use tokio::sync::watch;

/// Waits until shutdown is requested, or until the sender is dropped.
pub async fn requested(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|down| *down).await;
}

/// Waits until shutdown is requested, and then `wait` longer, for a request that the client is just sending.
pub async fn drained(shutdown: &mut watch::Receiver<bool>, wait: Duration) {
    requested(shutdown).await;
    tokio::time::sleep(wait).await;
}
