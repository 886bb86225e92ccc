//! Long computations beside requests.
//!
//! A thread that computes for long keeps its core until the kernel's next tick, up to four milliseconds, even from a thread
//! of higher priority that is woken there; and it is woken there although another core is free, since kernels prefer the
//! core where a thread ran before. So whoever computes for long gives its core away of its own accord, many times in a
//! millisecond. Between those that want it and those that compute a busy machine is shared half and half: what was waited
//! for is computed for as long.

use std::cell::Cell;
use std::cmp::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

/// How long to compute before others have their turn.
const TIME_SLICE: Duration = Duration::from_micros(50);

thread_local! {
    /// When others have their turn, on a thread that gives them one.
    static NEXT_YIELD: Cell<Option<Instant>> = const { Cell::new(None) };
    /// How many steps it has made.
    static TICKS: Cell<u32> = const { Cell::new(0) };
}

/// From now on this thread gives way to others.
pub fn enable_on_this_thread() {
    NEXT_YIELD.set(Some(Instant::now()));
}

/// Gives way, if it is time to and this thread does so. To be called between pieces of work, each of a few microseconds.
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

/// The same between pieces of work that are so short that to look at the clock takes as long.
pub fn tick() {
    /// Steps until the clock is looked at.
    const TICKS_PER_CLOCK_READ: u32 = 16;
    let steps = TICKS.get().wrapping_add(1);
    TICKS.set(steps);
    if steps.is_multiple_of(TICKS_PER_CLOCK_READ) {
        yield_if_due();
    }
}

/// Takes things up one by one, and gives way between them.
pub fn yielding<I: IntoIterator>(things: I) -> impl Iterator<Item = I::Item> {
    things.into_iter().inspect(|_| yield_if_due())
}

/// The same for things with which there is next to nothing to do.
pub fn yielding_cheap<I: IntoIterator>(things: I) -> impl Iterator<Item = I::Item> {
    things.into_iter().inspect(|_| tick())
}

/// Compares two of many things that are sorted, and gives way between comparisons.
pub fn yielding_cmp<T: Ord>(a: &T, b: &T) -> Ordering {
    tick();
    a.cmp(b)
}
