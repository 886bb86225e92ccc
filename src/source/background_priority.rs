//! Lowers the priority of a thread that applies updates, so that requests win: an edit can wait for some milliseconds.

use crate::coop;

/// The niceness of the thread. About a quarter of a core is left to it on a busy machine.
const NICENESS: i32 = 5;

/// Lowers the priority of this thread, and makes it yield between units of work.
pub fn enable_on_this_thread() {
    coop::enable_on_this_thread();
    // Linux sets the niceness of one thread; elsewhere `nice` would also slow down the requests.
    if cfg!(target_os = "linux")
        && let Err(error) = rustix::process::nice(NICENESS)
    {
        tracing::debug!(%error, "cannot lower the priority of a thread that applies updates");
    }
}
