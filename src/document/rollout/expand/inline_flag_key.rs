//! The rule of one flag within another: what depends on the flag's key is written out.

use crate::diag::Position;
use crate::document::rollout::jsonlogic_builder;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// A copy of the rule of the flag called `key` that gives the same answer in any flag.
pub fn inline_flag_key(rule: &Node, key: &str) -> Node {
    let place = rule.position;
    let Some(member) = rule.single_member() else {
        return match &rule.kind {
            NodeKind::List(items) => jsonlogic_builder::array(
                place,
                items
                    .iter()
                    .map(|item| inline_flag_key(item, key))
                    .collect(),
            ),
            _ => rule.clone(),
        };
    };
    match (&*member.key, &member.value.kind) {
        ("var", _) if is_flag_key(&member.value) => jsonlogic_builder::string(place, key),
        ("fractional", NodeKind::List(items)) => inline_in_fractional(place, items, key),
        ("fractionalEvaluation", NodeKind::List(items)) => {
            inline_in_fractional_evaluation(place, items, key)
        }
        _ => {
            let member = Member {
                key: member.key.clone(),
                position: member.position,
                value: inline_flag_key(&member.value, key),
            };
            let kind = NodeKind::Map(vec![member]);
            Node {
                position: place,
                kind,
            }
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

/// The old operator took the name of an attribute.
fn inline_in_fractional_evaluation(place: Position, items: &[Node], key: &str) -> Node {
    let mut items = items.to_vec();
    if let Some(first) = items.first_mut()
        && let Some(name) = first.as_text()
    {
        *first = jsonlogic_builder::var(place, name);
    }
    inline_in_fractional(place, &items, key)
}

fn inline_in_fractional(place: Position, items: &[Node], key: &str) -> Node {
    let unit = || jsonlogic_builder::var(place, "targetingKey");
    let own = || {
        jsonlogic_builder::operation(
            place,
            "cat",
            vec![jsonlogic_builder::string(place, key), unit()],
        )
    };
    let split = |first: Node, shares: &[Node]| {
        let shares = shares.iter().map(|share| inline_flag_key(share, key));
        let arguments = std::iter::once(first).chain(shares).collect();
        jsonlogic_builder::operation(place, "fractional", arguments)
    };
    let by_unit =
        |shares| jsonlogic_builder::operation(place, "if", vec![unit(), split(own(), shares)]);
    let Some((first, rest)) = items.split_first() else {
        return jsonlogic_builder::null(place);
    };
    match &first.kind {
        NodeKind::List(_) => by_unit(items),
        NodeKind::Null => by_unit(rest),
        NodeKind::Map(_) if !is_never_null(first) => {
            // A bucketing value that is null stands for the flag's key and the targeting key.
            let first = inline_flag_key(first, key);
            let is_null = jsonlogic_builder::operation(
                place,
                "==",
                vec![first.clone(), jsonlogic_builder::null(place)],
            );
            let either =
                jsonlogic_builder::operation(place, "if", vec![is_null, own(), first.clone()]);
            let is_known = jsonlogic_builder::operation(
                place,
                "!=",
                vec![first, jsonlogic_builder::null(place)],
            );
            let anybody = jsonlogic_builder::operation(place, "or", vec![is_known, unit()]);
            jsonlogic_builder::operation(place, "if", vec![anybody, split(either, rest)])
        }
        _ => split(inline_flag_key(first, key), rest),
    }
}

/// Whether a bucketing value is a text whatever the context: one that joins, or one that was made above.
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
