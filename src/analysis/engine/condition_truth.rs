//! The truth of one condition over all contexts.

use crate::analysis::engine::abstract_value::AbstractValue;
use crate::analysis::engine::symbolic_execution::SymbolicExecution;
use crate::analysis::model::context_set::ContextSet;
use crate::analysis::model::input_domain::InputDomain;
use crate::analysis::model::lowering;
use crate::analysis::model::program::ResultKind;
use crate::document::flag::FlagDefinition;
use crate::document::syntax_tree::Node;
use crate::limits;

/// The truth of a condition that does not depend on the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixedTruth {
    /// It holds for every context.
    Always,
    /// It holds for no context: it is falsy, or its evaluation fails.
    Never,
}

/// The truth of a condition of `flag`, if it is proved to be the same for all contexts.
pub fn fixed_truth(condition: &Node, flag: &FlagDefinition) -> Option<FixedTruth> {
    let mut domain = InputDomain::default();
    let (program, forms) = lowering::lower_conditions(vec![condition], flag, &mut domain);
    domain.choose_representatives();
    if domain.incomplete_attributes().next().is_some() {
        return None;
    }
    let all = ContextSet::all(&domain);
    let mut execution =
        SymbolicExecution::with_max_cases(&program, &mut domain, limits::LINT_CASES);
    let cases = execution.execute(forms.first()?, &all, ResultKind::Truthiness);
    let mut truth = None;
    for (contexts, value) in cases.ok()? {
        if !contexts.assumptions.is_empty() {
            return None;
        }
        let own = match value {
            AbstractValue::Truthiness(true) => FixedTruth::Always,
            AbstractValue::Truthiness(false) | AbstractValue::Fault => FixedTruth::Never,
            AbstractValue::Leaf(_) | AbstractValue::Constant(_) | AbstractValue::Opaque(_) => {
                return None;
            }
        };
        if *truth.get_or_insert(own) != own {
            return None;
        }
    }
    truth
}
