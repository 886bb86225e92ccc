//! Copies the rule of one flag into another: references to the flag's key are replaced by the key.

use crate::diag::Position;
use crate::document::rollout::jsonlogic_builder;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// A copy of the rule of the flag called `key` that yields the same result in any flag.
pub fn inline_flag_key(rule: &Node, key: &str) -> Node {
    let position = rule.position;
    let Some(member) = rule.single_member() else {
        return match &rule.kind {
            NodeKind::List(items) => jsonlogic_builder::array(
                position,
                items
                    .iter()
                    .map(|item| inline_flag_key(item, key))
                    .collect(),
            ),
            _ => rule.clone(),
        };
    };
    match (&*member.key, &member.value.kind) {
        ("var", _) if is_flag_key(&member.value) => jsonlogic_builder::string(position, key),
        ("fractional", NodeKind::List(items)) => inline_in_fractional(position, items, key),
        ("fractionalEvaluation", NodeKind::List(items)) => {
            inline_in_fractional_evaluation(position, items, key)
        }
        _ => {
            let member = Member {
                key: member.key.clone(),
                position: member.position,
                value: inline_flag_key(&member.value, key),
            };
            let kind = NodeKind::Map(vec![member]);
            Node { position, kind }
        }
    }
}

fn is_flag_key(name: &Node) -> bool {
    let name = match &name.kind {
        NodeKind::List(items) => items.first(),
        _ => Some(name),
    };
    name.and_then(Node::as_text) == Some("$flagd.flagKey")
}

/// The first argument of `fractionalEvaluation` may be the name of an attribute.
fn inline_in_fractional_evaluation(position: Position, items: &[Node], key: &str) -> Node {
    let mut items = items.to_vec();
    if let Some(first) = items.first_mut()
        && let Some(name) = first.as_text()
    {
        *first = jsonlogic_builder::var(position, name);
    }
    inline_in_fractional(position, &items, key)
}

fn inline_in_fractional(position: Position, items: &[Node], key: &str) -> Node {
    let unit = || jsonlogic_builder::var(position, "targetingKey");
    let own = || {
        jsonlogic_builder::operation(
            position,
            "cat",
            vec![jsonlogic_builder::string(position, key), unit()],
        )
    };
    let split = |first: Node, shares: &[Node]| {
        let shares = shares.iter().map(|share| inline_flag_key(share, key));
        let arguments = std::iter::once(first).chain(shares).collect();
        jsonlogic_builder::operation(position, "fractional", arguments)
    };
    let by_unit =
        |shares| jsonlogic_builder::operation(position, "if", vec![unit(), split(own(), shares)]);
    let Some((first, rest)) = items.split_first() else {
        return jsonlogic_builder::null(position);
    };
    match &first.kind {
        NodeKind::List(_) => by_unit(items),
        NodeKind::Null => by_unit(rest),
        NodeKind::Map(_) if !is_never_null(first) => {
            // A null bucketing value means the flag's key and the targeting key.
            let first = inline_flag_key(first, key);
            let is_null = jsonlogic_builder::operation(
                position,
                "==",
                vec![first.clone(), jsonlogic_builder::null(position)],
            );
            let either =
                jsonlogic_builder::operation(position, "if", vec![is_null, own(), first.clone()]);
            let is_known = jsonlogic_builder::operation(
                position,
                "!=",
                vec![first, jsonlogic_builder::null(position)],
            );
            let anybody = jsonlogic_builder::operation(position, "or", vec![is_known, unit()]);
            jsonlogic_builder::operation(position, "if", vec![anybody, split(either, rest)])
        }
        _ => split(inline_flag_key(first, key), rest),
    }
}

/// Returns true if a bucketing value is a string in any context: `cat`, or the `if` built above.
fn is_never_null(node: &Node) -> bool {
    let Some(member) = node.single_member() else {
        return false;
    };
    match (&*member.key, &member.value.kind) {
        ("cat", _) => true,
        ("if", NodeKind::List(items)) => match &**items {
            [_, own, _] => own.single_member().is_some_and(|own| &*own.key == "cat"),
            _ => false,
        },
        _ => false,
    }
}
