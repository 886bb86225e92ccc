//! `SelectorCache`: values that are created once per generation and selector, and shared by all requests.

use std::collections::HashMap;
use std::sync::PoisonError;

use crate::selector::Selector;
use crate::sync_primitives::Mutex;

/// Values by selector, created on demand.
#[derive(Debug)]
pub struct SelectorCache<T> {
    entries: Mutex<HashMap<Selector, T>>,
}

impl<T> Default for SelectorCache<T> {
    fn default() -> SelectorCache<T> {
        let made = Mutex::default();
        SelectorCache { entries: made }
    }
}

impl<T: Clone> SelectorCache<T> {
    /// The value for `selector`, created by `make` at the first request. Concurrent requests wait, because creating the
    /// value once is less work. `None` is not cached: callers choose the selectors, and only those that select a flag
    /// are limited in number, by the flag sets and sources.
    pub fn get_or_create(
        &self,
        selector: &Selector,
        make: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        let mut made = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(selector) {
            return Some(known.clone());
        }
        let thing = make()?;
        made.insert(selector.clone(), thing.clone());
        Some(thing)
    }
}
