//! Evaluation of many flags against one context, within one step budget.

use bumpalo::Bump;

use crate::decision::Decision;
use crate::decision::ErrorCode;
use crate::limits;
use crate::ruleset::CompiledFlag;
use crate::wire::context::full_context::FullContext;

/// Decides for all `flags`, each with its position. The flags share a step budget. Each evaluation gets its own arena,
/// so that a request does not hold the memory of all evaluations at once.
pub fn decide_all<'f>(
    context: &FullContext<'_>,
    flags: impl Iterator<Item = (usize, &'f CompiledFlag)>,
    seconds: f64,
    mut on_decision: impl FnMut(usize, &'f CompiledFlag, Decision),
) {
    let mut left = limits::BULK_STEPS;
    for (position, flag) in flags {
        let arena = Bump::new();
        let steps = left.min(limits::EVALUATION_STEPS);
        let decision = match context.context_for_flag(flag, &arena, seconds, steps) {
            Some(context) => {
                let decision = flag.decide(&context);
                left -= steps - context.remaining_steps();
                decision
            }
            None => Decision::Error(ErrorCode::ParseError),
        };
        on_decision(position, flag, decision);
    }
}
