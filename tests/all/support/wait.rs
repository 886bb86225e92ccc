//! Waiting for a condition up to one deadline.

use std::time::Duration;
use std::time::Instant;

/// How long anything may take before a test fails.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The pause between two looks at a condition.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// Waits until a condition holds. After the deadline it panics with the message.
pub async fn wait_until(condition: impl Fn() -> bool, message: impl Fn() -> String) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < DEADLINE, "{}", message());
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// The same, for a condition that has to be awaited.
pub async fn poll_until(mut condition: impl AsyncFnMut() -> bool, message: impl Fn() -> String) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < DEADLINE, "{}", message());
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// The same, in a test without a runtime.
pub fn wait_until_blocking(condition: impl Fn() -> bool, message: impl Fn() -> String) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < DEADLINE, "{}", message());
        std::thread::sleep(POLL_INTERVAL);
    }
}
