//! Waits for a condition, with a deadline.

use std::time::Duration;
use std::time::Instant;

/// The longest wait before a test fails.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The pause between two checks of a condition.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// Waits until a condition is true. Panics with the message after the deadline.
pub async fn wait_until(condition: impl Fn() -> bool, message: impl Fn() -> String) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < DEADLINE, "{}", message());
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Like `wait_until`, for an async condition.
pub async fn poll_until(mut condition: impl AsyncFnMut() -> bool, message: impl Fn() -> String) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < DEADLINE, "{}", message());
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Like `wait_until`, for a test without a runtime.
pub fn wait_until_blocking(condition: impl Fn() -> bool, message: impl Fn() -> String) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < DEADLINE, "{}", message());
        std::thread::sleep(POLL_INTERVAL);
    }
}
