//! The shutdown signal: a watch channel that turns true once.

use tokio::sync::watch;

/// Waits until shutdown is requested, or until the sender is dropped.
pub async fn requested(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|down| *down).await;
}
