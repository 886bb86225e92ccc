//! The rule of one flag within another: what depends on the flag's key is written out.

use crate::diag::Place;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::document::rollout::make;

/// A copy of the rule of the flag called `key` that gives the same answer in any flag.
pub fn rehome(rule: &Node, key: &str) -> Node {
    let place = rule.place;
    let Some(member) = rule.only_member() else {
        return match &rule.kind {
            Kind::List(items) => {
                make::list(place, items.iter().map(|item| rehome(item, key)).collect())
            }
            _ => rule.clone(),
        };
    };
    match (&*member.key, &member.value.kind) {
        ("var", _) if is_flag_key(&member.value) => make::text(place, key),
        ("fractional", Kind::List(items)) => fractional(place, items, key),
        ("fractionalEvaluation", Kind::List(items)) => legacy(place, items, key),
        _ => {
            let member = Member {
                key: member.key.clone(),
                place: member.place,
                value: rehome(&member.value, key),
            };
            let kind = Kind::Map(vec![member]);
            Node { place, kind }
        }
    }
}

fn is_flag_key(name: &Node) -> bool {
    let name = match &name.kind {
        Kind::List(items) => items.first(),
        _ => Some(name),
    };
    name.and_then(Node::as_text) == Some("$flagd.flagKey")
}

/// The old operator took the name of an attribute.
fn legacy(place: Place, items: &[Node], key: &str) -> Node {
    let mut items = items.to_vec();
    if let Some(first) = items.first_mut()
        && let Some(name) = first.as_text()
    {
        *first = make::var(place, name);
    }
    fractional(place, &items, key)
}

fn fractional(place: Place, items: &[Node], key: &str) -> Node {
    let unit = || make::var(place, "targetingKey");
    let own = || make::operation(place, "cat", vec![make::text(place, key), unit()]);
    let split = |first: Node, shares: &[Node]| {
        let shares = shares.iter().map(|share| rehome(share, key));
        let arguments = std::iter::once(first).chain(shares).collect();
        make::operation(place, "fractional", arguments)
    };
    let by_unit = |shares| make::operation(place, "if", vec![unit(), split(own(), shares)]);
    let Some((first, rest)) = items.split_first() else {
        return make::null(place);
    };
    match &first.kind {
        Kind::List(_) => by_unit(items),
        Kind::Null => by_unit(rest),
        Kind::Map(_) if !never_null(first) => {
            // A bucketing value that is null stands for the flag's key and the targeting key.
            let first = rehome(first, key);
            let is_null = make::operation(place, "==", vec![first.clone(), make::null(place)]);
            let either = make::operation(place, "if", vec![is_null, own(), first.clone()]);
            let is_known = make::operation(place, "!=", vec![first, make::null(place)]);
            let anybody = make::operation(place, "or", vec![is_known, unit()]);
            make::operation(place, "if", vec![anybody, split(either, rest)])
        }
        _ => split(rehome(first, key), rest),
    }
}

/// Whether a bucketing value is a text whatever the context: one that joins, or one that was made above.
fn never_null(node: &Node) -> bool {
    let Some(member) = node.only_member() else {
        return false;
    };
    match (&*member.key, &member.value.kind) {
        ("cat", _) => true,
        ("if", Kind::List(items)) => match &**items {
            [_, own, _] => own.only_member().is_some_and(|own| &*own.key == "cat"),
            _ => false,
        },
        _ => false,
    }
}
