//! Compiles `fractional`, and its predecessor `fractionalEvaluation`.

use crate::diag::Code;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::rule::Arguments;
use crate::rule::Fault;
use crate::rule::Rule;
use crate::rule::compile::Compiler;
use crate::rule::expr::Expr;
use crate::rule::fractional;
use crate::rule::fractional::Fractional;
use crate::rule::fractional::Identity;
use crate::rule::fractional::Key;
use crate::rule::fractional::Split;
use crate::rule::tree::Tree;
use crate::rule::unit::Version;
use crate::value::Literal;
use crate::value::Value;

/// A share whose value and weight are known.
struct Share<'n> {
    node: &'n Node,
    value: Literal,
    weight: i64,
}

impl Compiler<'_> {
    pub(super) fn fractional(&mut self, arguments: &Node) -> Rule {
        if let Kind::List(items) = &arguments.kind
            && let Some((split, shares)) = self.split(items)
        {
            let values = shares.into_iter().map(|s| Rule::constant(s.value));
            return Rule::Split(Box::new((split, values.collect())));
        }
        self.general(arguments)
            .map_or(Rule::Fault(Fault::Arguments), |f| {
                Rule::Fractional(Box::new(f))
            })
    }

    pub(super) fn split_tree(&mut self, items: &[Node]) -> Option<Tree> {
        let (split, shares) = self.split(items)?;
        let leaves = shares
            .iter()
            .map(|share| self.leaf(&share.value, share.node.place))
            .collect();
        Some(Tree::Split(Box::new((split, leaves))))
    }

    fn general(&mut self, arguments: &Node) -> Option<Fractional> {
        let identity = self.identity()?;
        let arguments = match &arguments.kind {
            Kind::List(items) => Arguments::List(self.rules(items).into()),
            _ => Arguments::Single(self.rule(arguments)),
        };
        Some(Fractional {
            identity,
            arguments,
        })
    }

    fn identity(&mut self) -> Option<Identity> {
        let targeting_key = self.reads.slot(&["targetingKey"])?;
        let flag_key = self.key.into();
        Some(Identity {
            version: self.fractional,
            flag_key,
            targeting_key,
        })
    }

    /// The split of a rule whose weights and values are all constants.
    fn split<'n>(&mut self, items: &'n [Node]) -> Option<(Split, Vec<Share<'n>>)> {
        let (first, rest) = items.split_first()?;
        let (key, nodes) = match Expr::of(first) {
            Expr::List(_) => (None, items),
            Expr::Value(node) if self.is_identity(node) => (None, rest),
            Expr::Value(node) => {
                node.as_text()?;
                (Some(first), rest)
            }
            Expr::Operation(_) => (Some(first), rest),
        };
        let shares: Option<Vec<Share<'n>>> = nodes.iter().map(|node| self.share(node)).collect();
        let shares = shares?;
        let total: i64 = shares.iter().map(|share| share.weight).sum();
        if total == 0 || total > fractional::MAX_WEIGHT {
            let place = first.place;
            let message = format!("the weights of `fractional` sum to {total}");
            let help = "the sum must be from 1 to 2147483647; until then the flag's default counts";
            self.report.error(Code::Rule, place, message, help);
        }
        if total > fractional::MAX_WEIGHT {
            return None;
        }
        let key = match key {
            None => Key::Identity,
            Some(node) => self.key(node, &shares)?,
        };
        let mut end = 0_i64;
        let bounds = shares.iter().map(|share| {
            end += share.weight;
            u32::try_from(end).unwrap_or(u32::MAX)
        });
        let bounds = bounds.collect();
        let identity = self.identity()?;
        let split = Split {
            key,
            identity,
            bounds,
        };
        Some((split, shares))
    }

    /// What to bucket by: nested keys are compiled once each, or a few lines would take hours.
    fn key(&mut self, node: &Node, shares: &[Share<'_>]) -> Option<Key> {
        let rule = self.rule(node);
        match rule.as_constant() {
            Some(Literal::Null) if self.fractional == Version::V2 => return Some(Key::Identity),
            None | Some(Literal::Text(_)) => {}
            Some(_) => return None,
        }
        let shares = shares.iter().map(|share| share.node.to_literal());
        let shares = Literal::List(shares.collect());
        Some(Key::Rule(Box::new((rule, shares))))
    }

    /// Whether a constant stands for the flag's key and the targeting key.
    fn is_identity(&self, node: &Node) -> bool {
        self.fractional == Version::V2 && matches!(node.kind, Kind::Null)
    }

    /// `[value]` or `[value, weight]` with constants; a weight that no rule accepts is reported.
    fn share<'n>(&mut self, node: &'n Node) -> Option<Share<'n>> {
        let Expr::List([value, rest @ ..]) = Expr::of(node) else {
            return None;
        };
        let constant = |node: &Node| match Expr::of(node) {
            Expr::Value(node) if node.as_map().is_none() => Some(node.to_literal()),
            _ => None,
        };
        let weight = match rest {
            [] => Literal::Null,
            [weight] => constant(weight)?,
            _ => return None,
        };
        let given = match weight {
            Literal::Null => Value::Null,
            Literal::Number(n) => Value::Number(n),
            _ => Value::Bool(false),
        };
        let Some(weight) = fractional::weight(given) else {
            let message = "a weight of `fractional` must be a whole number up to 2147483647";
            let help = "until then the flag's default counts";
            self.report.error(Code::Rule, node.place, message, help);
            return None;
        };
        let value = constant(value)?;
        Some(Share {
            node,
            value,
            weight,
        })
    }

    /// `fractionalEvaluation` took the name of an attribute where `fractional` takes a value.
    pub(super) fn legacy_fractional(&mut self, member: &Member) -> Rule {
        let message = "`fractionalEvaluation` is the old name of `fractional`";
        let help = "write `fractional`, with `{\"var\": …}` as its first argument";
        self.report
            .warn(Code::Deprecated, member.place, message, help);
        let mut arguments = member.value.clone();
        if let Kind::List(items) = &mut arguments.kind
            && let Some(first) = items.first_mut()
            && first.as_text().is_some()
        {
            let place = first.place;
            let value = std::mem::replace(
                first,
                Node {
                    place,
                    kind: Kind::Null,
                },
            );
            let var = Member {
                key: "var".into(),
                place,
                value,
            };
            first.kind = Kind::Map(vec![var]);
        }
        self.fractional(&arguments)
    }
}
