//! Which questions a rule asks of an attribute: what its value is compared with, and how.

mod note;

use std::collections::BTreeSet;

use ecow::EcoString;

use crate::diag::Place;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::number;
use crate::rule::expr::Expr;
use crate::value::Literal;

/// How the time is spelled as an attribute.
pub const CLOCK: &str = "$flagd.timestamp";

/// What the value of one attribute is compared with.
#[derive(Debug, Default)]
pub struct Uses {
    /// Strings that it may equal.
    pub equal: BTreeSet<EcoString>,
    /// Numbers that it is compared with, as bits.
    pub numbers: BTreeSet<u64>,
    /// Whether strings are read as numbers.
    pub numeric: bool,
    /// Strings that it comes before or after.
    pub order: BTreeSet<EcoString>,
    /// Strings that it begins with.
    pub prefixes: BTreeSet<EcoString>,
    /// Strings that it ends with.
    pub suffixes: BTreeSet<EcoString>,
    /// Strings that it contains.
    pub parts: BTreeSet<EcoString>,
    /// Strings that it is a part of.
    pub wholes: BTreeSet<EcoString>,
    /// Versions that it is compared with.
    pub versions: BTreeSet<EcoString>,
    /// Items that it contains if it is a list.
    pub members: Vec<Literal>,
}

/// Why a question is outside of what can be reasoned about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Where it is asked.
    pub place: Place,
    /// What it is.
    pub what: String,
}

/// Where the value of an expression goes.
#[derive(Debug, Clone, Copy)]
pub enum Flow<'n> {
    /// Only whether it counts as true matters.
    Truth,
    /// It names the variant.
    Answer(&'n [(EcoString, Literal)]),
    /// It is one of finitely many values, which are told apart.
    Value,
    /// It is the argument at this position of an operator.
    Argument(&'n str, &'n [Node], usize),
    /// It is made a list of, if it is none, in which this is looked for: how segments are asked for.
    Merged(&'n Node),
}

/// An attribute and where its value goes.
#[derive(Debug, Clone)]
pub struct Question<'n> {
    /// The attribute, its path joined by dots.
    pub path: String,
    /// Where its value goes.
    pub flow: Flow<'n>,
}

/// Operators whose result is a truth value or null, whatever they are given.
const DECIDING: [&str; 17] = [
    "!",
    "!!",
    "==",
    "!=",
    "===",
    "!==",
    "<",
    "<=",
    ">",
    ">=",
    "in",
    "starts_with",
    "ends_with",
    "sem_ver",
    "contains_all",
    "contains_any",
    "contains_none",
];

/// Whether the operator called `name` can only yield a truth value or null.
pub fn decides(name: &str) -> bool {
    DECIDING.contains(&name)
}

/// The arguments of an operation, listed or single.
pub fn arguments(member: &Member) -> &[Node] {
    match &member.value.kind {
        Kind::List(items) => items,
        _ => std::slice::from_ref(&member.value),
    }
}

/// What `node` asks of attributes.
///
/// # Errors
/// The first question that cannot be reasoned about.
pub fn collect<'n>(node: &'n Node, flow: Flow<'n>) -> Result<Vec<Question<'n>>, Foreign> {
    let mut questions = Vec::new();
    gather(node, flow, &mut questions)?;
    Ok(questions)
}

fn gather<'n>(
    node: &'n Node,
    flow: Flow<'n>,
    found: &mut Vec<Question<'n>>,
) -> Result<(), Foreign> {
    let member = match Expr::of(node) {
        Expr::Value(_) => return Ok(()),
        Expr::List(items) => {
            return items.iter().try_for_each(|item| literal(item).map(|_| ()));
        }
        Expr::Operation(member) => member,
    };
    let items = arguments(member);
    if let ("in", [needle, hay]) = (&*member.key, items)
        && let Some(inner) = merged(hay)
    {
        literal(needle)?;
        return gather(inner, Flow::Merged(needle), found);
    }
    match &*member.key {
        "var" => {
            if let Some(path) = variable(member)? {
                found.push(Question { path, flow });
            }
            Ok(())
        }
        "and" | "or" => items.iter().try_for_each(|item| gather(item, flow, found)),
        "if" | "?:" => items.chunks(2).try_for_each(|clause| match clause {
            [condition, then] => {
                gather(condition, Flow::Truth, found)?;
                gather(then, flow, found)
            }
            [last] => gather(last, flow, found),
            _ => Ok(()),
        }),
        name if decides(name) => items
            .iter()
            .enumerate()
            .try_for_each(|(at, item)| gather(item, Flow::Argument(name, items, at), found)),
        name => Err(Foreign {
            place: member.place,
            what: format!("`{name}`"),
        }),
    }
}

/// The `var` that is the only argument of a `merge`.
fn merged(node: &Node) -> Option<&Node> {
    let merge = node
        .only_member()
        .filter(|member| &*member.key == "merge")?;
    let [inner] = arguments(merge) else {
        return None;
    };
    let is_variable = inner
        .only_member()
        .is_some_and(|member| &*member.key == "var");
    is_variable.then_some(inner)
}

/// The attribute that a `var` reads; `None` if it reads what the flag knows without a caller.
fn variable(member: &Member) -> Result<Option<String>, Foreign> {
    let foreign = |what: &str| Foreign {
        place: member.place,
        what: what.to_owned(),
    };
    let name = match arguments(member) {
        [name] => name,
        [name, default] if matches!(member.value.kind, Kind::List(_)) => {
            literal(default)?;
            name
        }
        _ => return Err(foreign("a computed `var`")),
    };
    let name = match &name.kind {
        Kind::Text(name) => dotted(name),
        Kind::Number(n) if !matches!(member.value.kind, Kind::List(_)) => {
            let mut name = String::new();
            number::write_plain(&mut name, *n);
            dotted(&name)
        }
        _ => return Err(foreign("a computed `var`")),
    };
    match name.as_str() {
        "" | "$flagd" => Err(foreign("a `var` that reads the whole context")),
        CLOCK => Ok(Some(name)),
        _ if name.starts_with("$flagd.") => Ok(None),
        _ => Ok(Some(name)),
    }
}

/// A path as it is read: empty steps do not count.
pub fn dotted(name: &str) -> String {
    let steps: Vec<&str> = name.split('.').filter(|step| !step.is_empty()).collect();
    steps.join(".")
}

/// The value of a node that asks nothing.
fn literal(node: &Node) -> Result<Literal, Foreign> {
    match Expr::of(node) {
        Expr::Value(node) => Ok(node.to_literal()),
        Expr::List(items) => items
            .iter()
            .map(literal)
            .collect::<Result<_, _>>()
            .map(Literal::List),
        Expr::Operation(member) => Err(Foreign {
            place: member.place,
            what: format!("`{}` beside another attribute or inside a list", member.key),
        }),
    }
}
