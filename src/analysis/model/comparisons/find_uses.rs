//! The uses of attributes in an expression: every `var`, and the operator argument that its value flows into.

use ecow::EcoString;

use crate::analysis::model::unsupported::Unsupported;
use crate::analysis::model::var_path;
use crate::analysis::model::var_path::TIMESTAMP_PATH;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number;
use crate::rule::syntax::JsonLogicNode;
use crate::value::OwnedValue;

/// The operation that consumes the value of an expression.
#[derive(Debug, Clone, Copy)]
pub enum ValueConsumer<'n> {
    /// Only its truthiness is used.
    Truthiness,
    /// It is the name of the variant.
    VariantName(&'n [(EcoString, OwnedValue)]),
    /// Each of its finitely many values is distinguished.
    Value,
    /// It is the argument at this position of an operator.
    Argument(&'n str, &'n [Node], usize),
    /// It is merged into a list, which is searched for this value, as segment conditions do.
    MergedList(&'n Node),
}

/// A use of an attribute: its path, and the operation that consumes its value.
#[derive(Debug, Clone)]
pub struct AttributeUse<'n> {
    /// The attribute, its path joined by dots.
    pub path: String,
    /// The operation that consumes its value.
    pub sink: ValueConsumer<'n>,
}

/// Operators whose result is always a boolean or null.
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

/// Returns true if the operator called `name` can only yield a boolean or null.
pub fn returns_boolean(name: &str) -> bool {
    BOOLEAN_OPERATORS.contains(&name)
}

/// The uses of attributes in `node`.
///
/// # Errors
/// The first unsupported expression.
pub fn attribute_uses<'n>(
    node: &'n Node,
    flow: ValueConsumer<'n>,
) -> Result<Vec<AttributeUse<'n>>, Unsupported> {
    let mut questions = Vec::new();
    collect_uses(node, flow, &mut questions)?;
    Ok(questions)
}

fn collect_uses<'n>(
    node: &'n Node,
    flow: ValueConsumer<'n>,
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
    let items = member.arguments();
    if let ("in", [needle, hay]) = (&*member.key, items)
        && let Some(inner) = merge_operand(hay)
    {
        constant_value(needle)?;
        return collect_uses(inner, ValueConsumer::MergedList(needle), found);
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
                collect_uses(condition, ValueConsumer::Truthiness, found)?;
                collect_uses(then, flow, found)
            }
            [last] => collect_uses(last, flow, found),
            _ => Ok(()),
        }),
        name if returns_boolean(name) => items.iter().enumerate().try_for_each(|(at, item)| {
            collect_uses(item, ValueConsumer::Argument(name, items, at), found)
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
    let [inner] = merge.arguments() else {
        return None;
    };
    let is_variable = inner
        .single_member()
        .is_some_and(|member| &*member.key == "var");
    is_variable.then_some(inner)
}

/// The attribute that a `var` reads; `None` for a `$flagd` path whose value does not depend on the context.
fn parse_var_path(member: &Member) -> Result<Option<String>, Unsupported> {
    let foreign = |what: &str| Unsupported {
        position: member.position,
        description: what.to_owned(),
    };
    let name = match member.arguments() {
        [name] => name,
        [name, default] if matches!(member.value.kind, NodeKind::List(_)) => {
            constant_value(default)?;
            name
        }
        _ => return Err(foreign("a computed `var`")),
    };
    let name = match &name.kind {
        NodeKind::Text(name) => var_path::normalize_path(name),
        NodeKind::Number(n) if !matches!(member.value.kind, NodeKind::List(_)) => {
            let mut name = String::new();
            number::write_decimal(&mut name, *n);
            var_path::normalize_path(&name)
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

/// The value of a constant node.
pub fn constant_value(node: &Node) -> Result<OwnedValue, Unsupported> {
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
