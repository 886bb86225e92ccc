//! Constant folding, and the choice of the specialized form of an operator over constants.

use bumpalo::Bump;

use crate::context::EvaluationContext;
use crate::context::ReadSet;
use crate::limits;
use crate::rule::ast::ArgumentRules;
use crate::rule::ast::InSet;
use crate::rule::ast::PatternTest;
use crate::rule::ast::Rule;
use crate::rule::ast::VersionTest;
use crate::rule::coerce::is_truthy;
use crate::rule::error::EvalError;
use crate::rule::eval::eval;
use crate::rule::operator::Operator;
use crate::rule::operator::in_set::ConstantSet;
use crate::rule::operator::pattern::Pattern;
use crate::rule::operator::semver::VersionPredicate;
use crate::rule::scope::Scope;
use crate::value::OwnedValue;

/// The constant that a rule over constants yields.
pub fn fold_constant(rule: Rule, constant: bool) -> Rule {
    if !constant {
        return rule;
    }
    let arena = Bump::new();
    let context = EvaluationContext::new(&ReadSet::default(), &arena, 0.0)
        .with_remaining_steps(limits::CONSTANT_FOLDING_STEPS);
    match eval(&rule, &Scope::root(&context)) {
        Err(EvalError::StepLimitExceeded) => rule,
        Ok(value) => Rule::from_literal(value.to_owned_value()),
        Err(error) => Rule::Invalid(error),
    }
}

/// The fastest form of an operator over a list of arguments.
pub fn specialize(operator: Operator, rules: Vec<Rule>) -> Rule {
    let general =
        |rules: Vec<Rule>| Rule::Apply(Box::new((operator, ArgumentRules::List(rules.into()))));
    match (operator, &*rules) {
        (Operator::Compare(op), [_, _]) => match <[Rule; 2]>::try_from(rules) {
            Ok([left, right]) => Rule::Compare(Box::new((op, left, right))),
            Err(rules) => general(rules),
        },
        (Operator::In, [needle, Rule::Literal(OwnedValue::List(items))]) => {
            match ConstantSet::from_literals(items) {
                Some(set) => {
                    let needle = needle.clone();
                    Rule::InSet(Box::new(InSet { needle, set }))
                }
                None => general(rules),
            }
        }
        (Operator::SemVer, [value, Rule::Text(order), Rule::Text(version)]) => {
            match VersionPredicate::new(order, version) {
                Some(predicate) => {
                    let value = value.clone();
                    Rule::VersionTest(Box::new(VersionTest { value, predicate }))
                }
                None if value.is_infallible() => Rule::Null,
                None => general(rules),
            }
        }
        (Operator::Matches, [value, Rule::Text(pattern)]) => match Pattern::parse(pattern) {
            Ok(pattern) => {
                let value = value.clone();
                Rule::PatternTest(Box::new(PatternTest { value, pattern }))
            }
            Err(_) => Rule::Invalid(EvalError::InvalidArguments),
        },
        _ => general(rules),
    }
}

/// The rule of an array: a constant if all items are.
pub fn list_rule(rules: Vec<Rule>) -> Rule {
    if !rules.iter().all(Rule::is_constant) {
        return Rule::List(rules.into());
    }
    let constants = rules.into_iter().flat_map(Rule::into_constant);
    Rule::Literal(OwnedValue::List(constants.collect()))
}

/// The truth of a constant rule; `None` if the rule is not a constant.
pub fn constant_truth(rule: &Rule) -> Option<bool> {
    let constant = rule.as_constant()?;
    let arena = Bump::new();
    Some(is_truthy(constant.to_value(&arena)))
}
