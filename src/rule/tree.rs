//! The part of a rule that decides: conditions on the way, variants at the leaves.

use ecow::EcoString;

use crate::context::Context;
use crate::rule::Fault;
use crate::rule::Rule;
use crate::rule::condition::holds;
use crate::rule::eval::Scope;
use crate::rule::eval::eval;
use crate::rule::fractional::Pick;
use crate::rule::fractional::Split;
use crate::rule::operator::Evaluated;
use crate::value::Value;

/// A decision tree.
#[derive(Debug, Clone)]
pub enum Tree {
    /// The outcome is known.
    Leaf(Leaf),
    /// The first branch whose condition is true, or the last tree.
    If(Box<[(Rule, Tree)]>, Box<Tree>),
    /// The leaf of the unit's share.
    Split(Box<(Split, Box<[Leaf]>)>),
    /// The variant whose name the rule yields.
    Rule(Box<Rule>),
}

/// Where a decision ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf {
    /// This variant, by its index.
    Variant(u16),
    /// Targeting chose nothing.
    Default,
    /// Targeting chose something that is not a variant.
    Unknown,
    /// Targeting cannot be evaluated.
    Fault,
}

impl Tree {
    /// Decides for a context; `names` are the flag's variants, sorted, and a variant's index is its position.
    pub fn decide<'a>(&'a self, context: &Context<'a>, names: &[EcoString]) -> Leaf {
        self.walk(&Scope::root(context), names)
            .unwrap_or(Leaf::Fault)
    }

    fn walk<'a>(&'a self, scope: &Scope<'_, 'a>, names: &[EcoString]) -> Result<Leaf, Fault> {
        let mut tree = self;
        loop {
            match tree {
                Tree::Leaf(leaf) => return Ok(*leaf),
                Tree::If(branches, otherwise) => {
                    tree = taken(branches, scope)?.unwrap_or(otherwise);
                }
                Tree::Split(parts) => return shared(parts, scope, names),
                Tree::Rule(rule) => return Ok(leaf(eval(rule, scope), names)),
            }
        }
    }
}

/// The first branch whose condition holds.
fn taken<'a>(
    branches: &'a [(Rule, Tree)],
    scope: &Scope<'_, 'a>,
) -> Result<Option<&'a Tree>, Fault> {
    for (condition, then) in branches {
        if holds(condition, scope)? {
            return Ok(Some(then));
        }
    }
    Ok(None)
}

/// The leaf of the unit's share.
fn shared<'a>(
    (split, leaves): &'a (Split, Box<[Leaf]>),
    scope: &Scope<'_, 'a>,
    names: &[EcoString],
) -> Result<Leaf, Fault> {
    Ok(match split.pick(scope)? {
        Pick::Nothing => Leaf::Default,
        Pick::Share(index) => leaves.get(index).copied().unwrap_or(Leaf::Default),
        Pick::Value(value) => leaf(Ok(value), names),
    })
}

/// The leaf for a rule's value: the variant that is spelled like its JSON form without quotation marks.
pub fn leaf(value: Evaluated<'_>, names: &[EcoString]) -> Leaf {
    let spelled = match value {
        Err(_) => return Leaf::Fault,
        Ok(Value::Null) => return Leaf::Default,
        Ok(Value::Text(name)) => return find(names, name),
        Ok(Value::Bool(b)) => return find(names, if b { "true" } else { "false" }),
        Ok(other) => spell(other),
    };
    spelled.map_or(Leaf::Fault, |name| find(names, &name))
}

/// The leaf for the variant called `name` among the sorted `names`.
fn find(names: &[EcoString], name: &str) -> Leaf {
    let index = names.binary_search_by(|known| (**known).cmp(name)).ok();
    let index = index.and_then(|index| u16::try_from(index).ok());
    index.map_or(Leaf::Unknown, Leaf::Variant)
}

/// The JSON form of a value without quotation marks; `None` if it has none, as for NaN.
fn spell(value: Value<'_>) -> Option<String> {
    let mut out = String::new();
    write(&mut out, value).then_some(out)
}

fn write(out: &mut String, value: Value<'_>) -> bool {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if b { "true" } else { "false" }),
        Value::Number(n) => return crate::number::write_json(out, n),
        Value::Text(s) => out.extend(s.chars().filter(|c| *c != '"')),
        Value::List(items) => {
            let sound = |(i, item): (usize, &Value<'_>)| {
                out.push(if i == 0 { '[' } else { ',' });
                write(out, *item)
            };
            let sound = items.iter().enumerate().all(sound);
            out.push_str(if items.is_empty() { "[]" } else { "]" });
            return sound;
        }
        Value::Map(members) => {
            let mut members: Vec<_> = members.to_vec();
            members.sort_by_key(|(key, _)| *key);
            let mut sound = true;
            for (i, (key, member)) in members.iter().enumerate() {
                out.push(if i == 0 { '{' } else { ',' });
                out.extend(key.chars().filter(|c| *c != '"'));
                out.push(':');
                sound &= write(out, *member);
            }
            out.push_str(if members.is_empty() { "{}" } else { "}" });
            return sound;
        }
    }
    true
}
