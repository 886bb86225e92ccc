//! The signals that end a program.

use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

/// Completes on SIGTERM or SIGINT, with the name of the signal.
///
/// # Errors
/// If the signals cannot be handled.
pub fn termination_signal() -> std::io::Result<impl Future<Output = &'static str>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}
