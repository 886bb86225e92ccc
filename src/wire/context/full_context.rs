//! An evaluation context that is fully decoded, for the evaluation of many flags.

use bumpalo::Bump;

use crate::context::EvaluationContext;
use crate::ruleset::CompiledFlag;
use crate::value::Value;

/// A fully decoded context, for the evaluation of many flags.
#[derive(Debug)]
pub struct FullContext<'a> {
    attributes: Vec<(&'a str, Value<'a>)>,
    sorted_attributes: Vec<(&'a str, Value<'a>)>,
}

impl<'a> FullContext<'a> {
    /// Sorts attributes. If a name occurs several times, the last one wins.
    pub fn new(members: Vec<(&'a str, Value<'a>)>) -> FullContext<'a> {
        // Not a hash map: callers choose the names, and a collision-resistant hash costs more than a binary search.
        let mut sorted = members.clone();
        sorted.sort_by_key(|(name, _)| *name);
        FullContext {
            attributes: members,
            sorted_attributes: sorted,
        }
    }

    fn attribute(&self, name: &str) -> Option<Value<'a>> {
        let end = self
            .sorted_attributes
            .partition_point(|(known, _)| *known <= name);
        let (found, value) = self.sorted_attributes.get(end.checked_sub(1)?)?;
        (*found == name).then_some(*value)
    }

    /// The context of `flag`, whose evaluation may take `steps`; `None` if copying the attributes takes more.
    pub fn context_for_flag<'f>(
        &self,
        flag: &'f CompiledFlag,
        arena: &'f Bump,
        seconds: f64,
        steps: u32,
    ) -> Option<EvaluationContext<'f>>
    where
        'a: 'f,
    {
        let mut context =
            EvaluationContext::new(&flag.read_set, arena, seconds).with_remaining_steps(steps);
        for read in &flag.read_set.roots {
            if let Some(value) = self.attribute(&read.name) {
                context.fill_slots(read, value);
            }
        }
        if flag.read_set.full_context_flag_key.is_some() {
            if !context.spend_steps(self.attributes.len()) {
                return None;
            }
            context.set_full_context(&flag.key, &self.attributes);
        }
        Some(context)
    }
}
