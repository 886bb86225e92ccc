//! Cooperative yielding (`thread::yield_now`): long computations on the update thread give the core to request threads.
//!
//! A long computation keeps its core until the kernel's next tick, up to four milliseconds, even if a thread of higher
//! priority is woken on that core; and kernels wake a thread on the core where it ran before, even if another core is
//! free. So a long computation yields after each time slice. On a busy machine it gets half of the core: after waiting
//! for other threads, it computes for as long as it waited.

use std::cell::Cell;
use std::cmp::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

/// The time between two yields.
const TIME_SLICE: Duration = Duration::from_micros(50);

thread_local! {
    /// The time of the next yield; `None` on threads that do not yield.
    static NEXT_YIELD: Cell<Option<Instant>> = const { Cell::new(None) };
    /// The number of calls to `tick`.
    static TICKS: Cell<u32> = const { Cell::new(0) };
}

/// Enables yielding on this thread.
pub fn enable_on_this_thread() {
    NEXT_YIELD.set(Some(Instant::now()));
}

/// Yields if the time slice is over and yielding is enabled. Called between units of work of a few microseconds.
pub fn yield_if_due() {
    let Some(due) = NEXT_YIELD.get() else {
        return;
    };
    let now = Instant::now();
    if now >= due {
        thread::yield_now();
        let back = Instant::now();
        NEXT_YIELD.set(Some(back + TIME_SLICE.max(back - now)));
    }
}

/// Like [`yield_if_due`], for units of work so short that reading the clock takes as long.
pub fn tick() {
    /// The number of calls per reading of the clock.
    const TICKS_PER_CLOCK_READ: u32 = 16;
    let ticks = TICKS.get().wrapping_add(1);
    TICKS.set(ticks);
    if ticks.is_multiple_of(TICKS_PER_CLOCK_READ) {
        yield_if_due();
    }
}

/// Iterates, and yields between items if due.
pub fn yielding<I: IntoIterator>(items: I) -> impl Iterator<Item = I::Item> {
    items.into_iter().inspect(|_| yield_if_due())
}

/// Like [`yielding`], for items so short that reading the clock takes as long.
pub fn yielding_cheap<I: IntoIterator>(items: I) -> impl Iterator<Item = I::Item> {
    items.into_iter().inspect(|_| tick())
}

/// The comparison function of a sort that yields between comparisons if due.
pub fn yielding_cmp<T: Ord>(a: &T, b: &T) -> Ordering {
    tick();
    a.cmp(b)
}
