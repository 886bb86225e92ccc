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
const TURN: Duration = Duration::from_micros(50);

thread_local! {
    /// When others have their turn, on a thread that gives them one.
    static DUE: Cell<Option<Instant>> = const { Cell::new(None) };
    /// How many steps it has made.
    static STEPS: Cell<u32> = const { Cell::new(0) };
}

/// From now on this thread gives way to others.
pub fn begin() {
    DUE.set(Some(Instant::now()));
}

/// Gives way, if it is time to and this thread does so. To be called between pieces of work, each of a few microseconds.
pub fn pause() {
    let Some(due) = DUE.get() else {
        return;
    };
    let now = Instant::now();
    if now >= due {
        thread::yield_now();
        let back = Instant::now();
        DUE.set(Some(back + TURN.max(back - now)));
    }
}

/// The same between pieces of work that are so short that to look at the clock takes as long.
pub fn step() {
    /// Steps until the clock is looked at.
    const STRIDE: u32 = 16;
    let steps = STEPS.get().wrapping_add(1);
    STEPS.set(steps);
    if steps.is_multiple_of(STRIDE) {
        pause();
    }
}

/// Takes things up one by one, and gives way between them.
pub fn between<I: IntoIterator>(things: I) -> impl Iterator<Item = I::Item> {
    things.into_iter().inspect(|_| pause())
}

/// The same for things with which there is next to nothing to do.
pub fn along<I: IntoIterator>(things: I) -> impl Iterator<Item = I::Item> {
    things.into_iter().inspect(|_| step())
}

/// Compares two of many things that are sorted, and gives way between comparisons.
pub fn compare<T: Ord>(a: &T, b: &T) -> Ordering {
    step();
    a.cmp(b)
}
