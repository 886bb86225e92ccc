//! The steps that the nodes of a rule cost at each evaluation, known when the flag loads.
//!
//! Outside of list operations every node is evaluated at most once, which the size of the rule bounds. The body of a
//! list operation is evaluated for each item, and is charged with this cost.

use crate::rule::ast::ArgumentRules;
use crate::rule::ast::BucketBy;
use crate::rule::ast::Rule;
use crate::rule::ast::VarTarget;

/// A node takes at most about 30 ns.
const STEPS_PER_NODE: u32 = 3;

impl Rule {
    /// The steps to evaluate every node once. Reads by `var` are charged when they are evaluated, because they read the
    /// data of each enclosing list operation.
    pub fn static_cost(&self) -> u32 {
        let children = match self {
            Rule::Null
            | Rule::Bool(_)
            | Rule::Number(_)
            | Rule::Text(_)
            | Rule::Literal(_)
            | Rule::Slot(_)
            | Rule::Timestamp
            | Rule::Var(_)
            | Rule::Invalid(_) => 0,
            Rule::List(rules) | Rule::And(rules) | Rule::Or(rules) | Rule::If(rules) => {
                cost_of_all(rules)
            }
            Rule::Compare(parts) => parts.1.static_cost().saturating_add(parts.2.static_cost()),
            Rule::InSet(in_set) => in_set.needle.static_cost(),
            Rule::VersionTest(test) => test.value.static_cost(),
            Rule::PatternTest(test) => test.value.static_cost(),
            Rule::ConstantFractional(parts) => {
                let key = match &parts.0.bucket_by {
                    BucketBy::DefaultKey => 0,
                    BucketBy::Computed(computed) => computed.0.static_cost(),
                };
                cost_of_all(&parts.1).saturating_add(key)
            }
            Rule::DynamicFractional(fractional) => cost_of_arguments(&fractional.arguments),
            Rule::ListOp(op) => {
                let input = op
                    .input
                    .as_ref()
                    .map_or(0, |input| input.rule.static_cost());
                input.saturating_add(op.initial.static_cost())
            }
            Rule::Apply(parts) => cost_of_arguments(&parts.1),
        };
        children.saturating_add(STEPS_PER_NODE)
    }
}

/// The steps of one read by `var`.
pub fn var_cost(target: &VarTarget, default: Option<&Rule>) -> u32 {
    let name = match target {
        VarTarget::WholeData | VarTarget::ScalarData => 0,
        VarTarget::Path(path, _) => u32::try_from(path.len()).unwrap_or(u32::MAX),
        VarTarget::Computed(rule) => rule.static_cost(),
    };
    let default = default.map_or(0, Rule::static_cost);
    name.saturating_add(default).saturating_add(STEPS_PER_NODE)
}

fn cost_of_all(rules: &[Rule]) -> u32 {
    rules
        .iter()
        .map(Rule::static_cost)
        .fold(0, u32::saturating_add)
}

fn cost_of_arguments(arguments: &ArgumentRules) -> u32 {
    match arguments {
        ArgumentRules::List(rules) => cost_of_all(rules),
        ArgumentRules::Single(rule) => rule.static_cost(),
    }
}
