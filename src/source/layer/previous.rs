//! Looks up the flags of the previous layer for incremental compilation.

use std::collections::HashMap;
use std::sync::Arc;

use crate::json::Reader;
use crate::ruleset::CompiledFlag;
use crate::source::layer::Layer;
use crate::source::layer::stamp::FlagStamp;

/// The flags of the previous layer.
pub struct PreviousLayer<'b> {
    layer: Option<&'b Layer>,
    /// The probable index of the next flag.
    expected_index: usize,
    /// True while the flags come in the same order.
    same_order: bool,
    /// Indices by key, built when the order differs.
    index: Option<HashMap<&'b str, usize>>,
}

impl<'b> PreviousLayer<'b> {
    /// The flags of a layer; none if it was not compiled incrementally.
    pub fn new(layer: Option<&'b Layer>) -> PreviousLayer<'b> {
        PreviousLayer {
            layer: layer.filter(|layer| layer.stamps.len() == layer.flags.len()),
            expected_index: 0,
            same_order: true,
            index: None,
        }
    }

    /// Returns the flag that has the key of the one in `text`.
    pub fn find_flag(&mut self, text: &str) -> Option<(&'b Arc<CompiledFlag>, FlagStamp)> {
        let flags = &self.layer?.flags;
        let key = Reader::new(text).parse_string().ok()?.unescape();
        let at = match flags.get(self.expected_index) {
            Some(flag) if *flag.key == *key => self.expected_index,
            _ => {
                self.same_order = false;
                let all = || flags.iter().enumerate();
                let index = self
                    .index
                    .get_or_insert_with(|| all().map(|(at, flag)| (&*flag.key, at)).collect());
                *index.get(&*key)?
            }
        };
        self.expected_index = at + 1;
        Some((flags.get(at)?, *self.layer?.stamps.get(at)?))
    }

    /// Returns the sorted indices of the layer if the flags looked up were the same, in the same order.
    pub fn reusable_positions(&self) -> Option<Arc<[u32]>> {
        let layer = self.layer?;
        let same = self.same_order && self.expected_index == layer.flags.len();
        same.then(|| layer.sorted_positions.clone())
    }
}
