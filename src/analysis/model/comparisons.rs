//! Which questions a rule asks of an attribute: what its value is compared with, and how.

mod record;

use std::collections::BTreeSet;

use ecow::EcoString;

use crate::diag::Position;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

/// How the time is spelled as an attribute.
pub const TIMESTAMP_PATH: &str = "$flagd.timestamp";

/// What the value of one attribute is compared with.
#[derive(Debug, Default)]
pub struct Comparisons {
    /// Strings that it may equal.
    pub equal_strings: BTreeSet<EcoString>,
    /// Numbers that it is compared with, as bits.
    pub numbers: BTreeSet<u64>,
    /// Whether strings are read as numbers.
    pub parses_strings_as_numbers: bool,
    /// Strings that it comes before or after.
    pub ordered_strings: BTreeSet<EcoString>,
    /// Strings that it begins with.
    pub prefixes: BTreeSet<EcoString>,
    /// Strings that it ends with.
    pub suffixes: BTreeSet<EcoString>,
    /// Strings that it contains.
    pub substrings: BTreeSet<EcoString>,
    /// Strings that it is a part of.
    pub superstrings: BTreeSet<EcoString>,
    /// Versions that it is compared with.
    pub versions: BTreeSet<EcoString>,
    /// Items that it contains if it is a list.
    pub list_items: Vec<OwnedValue>,
}

/// Why a question is outside of what can be reasoned about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// Where it is asked.
    pub position: Position,
    /// What it is.
    pub description: String,
}

/// Where the value of an expression goes.
#[derive(Debug, Clone, Copy)]
pub enum ValueSink<'n> {
    /// Only whether it counts as true matters.
    Truthiness,
    /// It names the variant.
    VariantName(&'n [(EcoString, OwnedValue)]),
    /// It is one of finitely many values, which are told apart.
    Value,
    /// It is the argument at this position of an operator.
    Argument(&'n str, &'n [Node], usize),
    /// It is made a list of, if it is none, in which this is looked for: how segments are asked for.
    MergedList(&'n Node),
}

/// An attribute and where its value goes.
#[derive(Debug, Clone)]
pub struct AttributeUse<'n> {
    /// The attribute, its path joined by dots.
    pub path: String,
    /// Where its value goes.
    pub sink: ValueSink<'n>,
}

/// Operators whose result is a truth value or null, whatever they are given.
const BOOLEAN_OPERATORS: [&str; 17] = [
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
pub fn returns_boolean(name: &str) -> bool {
    BOOLEAN_OPERATORS.contains(&name)
}

/// The arguments of an operation, listed or single.
pub fn arguments(member: &Member) -> &[Node] {
    match &member.value.kind {
        NodeKind::List(items) => items,
        _ => std::slice::from_ref(&member.value),
    }
}

/// What `node` asks of attributes.
///
/// # Errors
/// The first question that cannot be reasoned about.
pub fn attribute_uses<'n>(
    node: &'n Node,
    flow: ValueSink<'n>,
) -> Result<Vec<AttributeUse<'n>>, Unsupported> {
    let mut questions = Vec::new();
    collect_uses(node, flow, &mut questions)?;
    Ok(questions)
}

fn collect_uses<'n>(
    node: &'n Node,
    flow: ValueSink<'n>,
    found: &mut Vec<AttributeUse<'n>>,
) -> Result<(), Unsupported> {
    let member = match JsonLogicNode::from_node(node) {
        JsonLogicNode::Value(_) => return Ok(()),
        JsonLogicNode::List(items) => {
            return items
                .iter()
                .try_for_each(|item| constant_value(item).map(|_| ()));
        }
        JsonLogicNode::Operation(member) => member,
    };
    let items = arguments(member);
    if let ("in", [needle, hay]) = (&*member.key, items)
        && let Some(inner) = merge_operand(hay)
    {
        constant_value(needle)?;
        return collect_uses(inner, ValueSink::MergedList(needle), found);
    }
    match &*member.key {
        "var" => {
            if let Some(path) = parse_var_path(member)? {
                found.push(AttributeUse { path, sink: flow });
            }
            Ok(())
        }
        "and" | "or" => items
            .iter()
            .try_for_each(|item| collect_uses(item, flow, found)),
        "if" | "?:" => items.chunks(2).try_for_each(|clause| match clause {
            [condition, then] => {
                collect_uses(condition, ValueSink::Truthiness, found)?;
                collect_uses(then, flow, found)
            }
            [last] => collect_uses(last, flow, found),
            _ => Ok(()),
        }),
        name if returns_boolean(name) => items.iter().enumerate().try_for_each(|(at, item)| {
            collect_uses(item, ValueSink::Argument(name, items, at), found)
        }),
        name => Err(Unsupported {
            position: member.position,
            description: format!("`{name}`"),
        }),
    }
}

/// The `var` that is the only argument of a `merge`.
fn merge_operand(node: &Node) -> Option<&Node> {
    let merge = node
        .single_member()
        .filter(|member| &*member.key == "merge")?;
    let [inner] = arguments(merge) else {
        return None;
    };
    let is_variable = inner
        .single_member()
        .is_some_and(|member| &*member.key == "var");
    is_variable.then_some(inner)
}

/// The attribute that a `var` reads; `None` if it reads what the flag knows without a caller.
fn parse_var_path(member: &Member) -> Result<Option<String>, Unsupported> {
    let foreign = |what: &str| Unsupported {
        position: member.position,
        description: what.to_owned(),
    };
    let name = match arguments(member) {
        [name] => name,
        [name, default] if matches!(member.value.kind, NodeKind::List(_)) => {
            constant_value(default)?;
            name
        }
        _ => return Err(foreign("a computed `var`")),
    };
    let name = match &name.kind {
        NodeKind::Text(name) => normalize_path(name),
        NodeKind::Number(n) if !matches!(member.value.kind, NodeKind::List(_)) => {
            let mut name = String::new();
            number::write_decimal(&mut name, *n);
            normalize_path(&name)
        }
        _ => return Err(foreign("a computed `var`")),
    };
    match name.as_str() {
        "" | "$flagd" => Err(foreign("a `var` that reads the whole context")),
        TIMESTAMP_PATH => Ok(Some(name)),
        _ if name.starts_with("$flagd.") => Ok(None),
        _ => Ok(Some(name)),
    }
}

/// A path as it is read: empty steps do not count.
pub fn normalize_path(name: &str) -> String {
    let steps: Vec<&str> = name.split('.').filter(|step| !step.is_empty()).collect();
    steps.join(".")
}

/// The value of a node that asks nothing.
fn constant_value(node: &Node) -> Result<OwnedValue, Unsupported> {
    match JsonLogicNode::from_node(node) {
        JsonLogicNode::Value(node) => Ok(node.to_owned_value()),
        JsonLogicNode::List(items) => items
            .iter()
            .map(constant_value)
            .collect::<Result<_, _>>()
            .map(OwnedValue::List),
        JsonLogicNode::Operation(member) => Err(Unsupported {
            position: member.position,
            description: format!("`{}` beside another attribute or inside a list", member.key),
        }),
    }
}
