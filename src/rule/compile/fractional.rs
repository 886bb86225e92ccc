//! Compiles `fractional`; constant weights are validated and summed at compile time.

use crate::diag::Code;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::ast::ArgumentRules;
use crate::rule::ast::BucketBy;
use crate::rule::ast::ConstantFractional;
use crate::rule::ast::DefaultBucketingKey;
use crate::rule::ast::DynamicFractional;
use crate::rule::ast::Rule;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::bucketing::share_selection::MAX_WEIGHT;
use crate::rule::bucketing::share_selection::parse_weight;
use crate::rule::compile::Compiler;
use crate::rule::compile::check::fractional::are_objects;
use crate::rule::decision_tree::DecisionTree;
use crate::rule::error::EvalError;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;
use crate::value::Value;

/// A share whose value and weight are known.
struct ConstantShare<'n> {
    node: &'n Node,
    value: OwnedValue,
    weight: i64,
}

impl Compiler<'_> {
    pub(super) fn fractional(&mut self, arguments: &Node) -> Rule {
        if let NodeKind::List(items) = &arguments.kind
            && let Some((split, shares)) = self.constant_fractional(items)
        {
            let values = shares.into_iter().map(|s| Rule::from_literal(s.value));
            return Rule::ConstantFractional(Box::new((split, values.collect())));
        }
        self.dynamic_fractional(arguments)
            .map_or(Rule::Invalid(EvalError::InvalidArguments), |f| {
                Rule::DynamicFractional(Box::new(f))
            })
    }

    pub(super) fn fractional_tree(&mut self, items: &[Node]) -> Option<DecisionTree> {
        let (split, shares) = self.constant_fractional(items)?;
        let leaves = shares
            .iter()
            .map(|share| {
                let outer = self.is_unreachable;
                self.is_unreachable |= share.weight == 0;
                let leaf = self.leaf_for_constant(&share.value, share.node.position);
                self.is_unreachable = outer;
                leaf
            })
            .collect();
        Some(DecisionTree::Fractional(Box::new((split, leaves))))
    }

    fn dynamic_fractional(&mut self, arguments: &Node) -> Option<DynamicFractional> {
        let default_key = self.default_bucketing_key()?;
        let arguments = match &arguments.kind {
            NodeKind::List(items) => ArgumentRules::List(self.compile_arguments(items).into()),
            _ => ArgumentRules::Single(self.compile_rule(arguments)),
        };
        Some(DynamicFractional {
            default_key,
            arguments,
        })
    }

    /// The arguments. Objects in place of shares are reported as such, and not as operations.
    fn compile_arguments(&mut self, items: &[Node]) -> Vec<Rule> {
        let rest = items.split_first().map(|(_, rest)| rest);
        let objects = [Some(items), rest]
            .into_iter()
            .flatten()
            .find(|items| are_objects(items));
        let Some(objects) = objects else {
            return self.compile_rules(items);
        };
        let key = items.get(..items.len() - objects.len()).unwrap_or_default();
        let mut rules = self.compile_rules(key);
        let reported = self.report.count();
        rules.extend(self.compile_rules(objects));
        self.report.truncate(reported);
        rules
    }

    fn default_bucketing_key(&mut self) -> Option<DefaultBucketingKey> {
        let targeting_key = self.slot_allocator.slot_for_path(&["targetingKey"])?;
        let flag_key = self.flag_key.into();
        Some(DefaultBucketingKey {
            version: self.fractional_version,
            flag_key,
            targeting_key_slot: targeting_key,
        })
    }

    /// The split of a rule whose weights and values are all constants.
    fn constant_fractional<'n>(
        &mut self,
        items: &'n [Node],
    ) -> Option<(ConstantFractional, Vec<ConstantShare<'n>>)> {
        let (first, rest) = items.split_first()?;
        let (key, nodes) = match JsonLogicNode::from_node(first) {
            JsonLogicNode::List(_) => (None, items),
            JsonLogicNode::Value(node) if self.is_default_key(node) => (None, rest),
            JsonLogicNode::Value(node) => {
                node.as_text()?;
                (Some(first), rest)
            }
            JsonLogicNode::Operation(_) => (Some(first), rest),
        };
        let shares: Option<Vec<ConstantShare<'n>>> = nodes.iter().map(parse_share).collect();
        let shares = shares?;
        let total: i64 = shares.iter().map(|share| share.weight).sum();
        if total == 0 || total > MAX_WEIGHT {
            let position = first.position;
            let message = format!(
                "the weights of `fractional` in flag `{}` sum to {total}",
                self.flag_key
            );
            let help =
                "the sum must be from 1 to 2147483647; until then the flag resolves to its default";
            self.report.error(Code::Rule, position, message, help);
        }
        if total > MAX_WEIGHT {
            return None;
        }
        let key = match key {
            None => BucketBy::DefaultKey,
            Some(node) => self.bucket_by(node, &shares)?,
        };
        let split = ConstantFractional {
            bucket_by: key,
            default_key: self.default_bucketing_key()?,
            cumulative_weights: cumulative_weights(&shares),
        };
        Some((split, shares))
    }

    /// The bucketing key. A nested key is compiled once: compiling it twice per level takes exponential time.
    fn bucket_by(&mut self, node: &Node, shares: &[ConstantShare<'_>]) -> Option<BucketBy> {
        let rule = self.compile_rule(node);
        match rule.as_constant() {
            Some(OwnedValue::Null) if self.fractional_version == FractionalVersion::V2 => {
                return Some(BucketBy::DefaultKey);
            }
            None | Some(OwnedValue::Text(_)) => {}
            Some(_) => return None,
        }
        let shares = shares.iter().map(|share| share.node.to_owned_value());
        let shares = OwnedValue::List(shares.collect());
        Some(BucketBy::Computed(Box::new((rule, shares))))
    }

    /// Returns true if a constant means the flag's key and the targeting key.
    fn is_default_key(&self, node: &Node) -> bool {
        self.fractional_version == FractionalVersion::V2 && matches!(node.kind, NodeKind::Null)
    }
}

/// `[value]` or `[value, weight]` with constants.
fn parse_share(node: &Node) -> Option<ConstantShare<'_>> {
    let JsonLogicNode::List([value, rest @ ..]) = JsonLogicNode::from_node(node) else {
        return None;
    };
    let constant = |node: &Node| match JsonLogicNode::from_node(node) {
        JsonLogicNode::Value(node) if node.as_map().is_none() => Some(node.to_owned_value()),
        _ => None,
    };
    let weight = match rest {
        [] => OwnedValue::Null,
        [weight] => constant(weight)?,
        _ => return None,
    };
    let weight = match weight {
        OwnedValue::Null => Value::Null,
        OwnedValue::Number(n) => Value::Number(n),
        _ => Value::Bool(false),
    };
    let weight = parse_weight(weight)?;
    let value = constant(value)?;
    Some(ConstantShare {
        node,
        value,
        weight,
    })
}

/// The first bucket above each share, in order.
fn cumulative_weights(shares: &[ConstantShare<'_>]) -> Box<[u32]> {
    let mut end = 0_i64;
    let ends = shares.iter().map(|share| {
        end += share.weight;
        u32::try_from(end).unwrap_or(u32::MAX)
    });
    ends.collect()
}
