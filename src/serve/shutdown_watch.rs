//! Waits on the shutdown watch channel, which turns true once; signals are handled in `cli::fanion::start`.

use tokio::sync::watch;

/// Waits until shutdown is requested, or until the sender is dropped.
pub async fn requested(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|down| *down).await;
}
