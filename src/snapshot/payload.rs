//! Documents for flag sync, made once for all subscribers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::limits;
use crate::selector::Selector;

/// The documents of one generation, by selector, as they are asked for.
#[derive(Debug, Default)]
pub struct Payloads {
    made: Mutex<HashMap<Selector, Arc<str>>>,
}

impl Payloads {
    /// The document for `selector`, made by `make` if nobody has asked for it before.
    pub fn get(&self, selector: &Selector, make: impl FnOnce() -> String) -> Arc<str> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(selector) {
            return known.clone();
        }
        let document: Arc<str> = make().into();
        // Selectors are the callers' words: only so many are remembered.
        if made.len() < limits::SELECTORS {
            made.insert(selector.clone(), document.clone());
        }
        document
    }
}
