//! Checks the shares and weights of `fractional`: flagd yields null, and so the default, for an invalid one.

use crate::diag::Position;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::rule::bucketing::share_selection::parse_weight;
use crate::rule::compile::Compiler;
use crate::rule::compile::check::object::is_operator;
use crate::rule::syntax::JsonLogicNode;
use crate::value::Value;

const SHARES: &str = "write a list of shares: `[[\"on\", 10], [\"off\", 90]]`";

/// The number of members that help repeats.
const SHOWN_SHARES: usize = 4;

impl Compiler<'_> {
    /// Reports shares and weights that make the rule yield the default variant.
    pub(super) fn check_fractional(&mut self, member: &Member) {
        let items = match &member.value.kind {
            NodeKind::List(items) => &**items,
            _ if is_known_operation(&member.value) => return,
            _ => {
                let kind = member.value.type_name();
                let help = help_for_map(&member.value);
                let what = format!("is {kind}, must be a list of shares");
                return self.report_fractional(&member.value, &what, &help);
            }
        };
        let shares = match items.split_first() {
            Some((first, rest)) if self.is_bucketing_key(first) && !is_flat_list(items) => rest,
            _ => items,
        };
        if let Some((position, what, help)) = self.misshapen_shares(shares) {
            let message = format!("`fractional` of flag `{}` {what}", self.flag_key);
            return self.report_invalid_rule(position, message, help);
        }
        if shares.is_empty() {
            return self.report_fractional(&member.value, "has no shares", SHARES);
        }
        for share in shares {
            self.check_share(share);
        }
    }

    /// The problem of shares that are all written in another form, and the shares as they are meant.
    fn misshapen_shares(&self, items: &[Node]) -> Option<(Position, String, String)> {
        let first = items.first()?;
        let (what, shares) = if is_flat_list(items) {
            let pairs = items
                .chunks(2)
                .map(|pair| share_of_pair(pair.first()?, pair.get(1)?));
            ("has its shares in one flat list", pairs.collect())
        } else if are_objects(items) {
            let shares = items.iter().map(share_of_object).collect();
            (
                "has objects in place of shares: each is an object, must be a list",
                shares,
            )
        } else if items.iter().all(|share| self.is_swapped(share)) {
            let swapped = items.iter().map(|share| match &share.kind {
                NodeKind::List(parts) => share_of_pair(parts.get(1)?, parts.first()?),
                _ => None,
            });
            (
                "has shares with the weight before the variant",
                swapped.collect(),
            )
        } else {
            return None;
        };
        let shares: Option<Vec<String>> = shares;
        let shares = shares?;
        let shown = shares.iter().take(SHOWN_SHARES).cloned();
        let more = (shares.len() > SHOWN_SHARES).then(|| "…".to_owned());
        let shown: Vec<String> = shown.chain(more).collect();
        let help = format!(
            "write a list of shares, each as `[VARIANT, WEIGHT]`: `[{}]`",
            shown.join(", ")
        );
        Some((first.position, what.to_owned(), help))
    }

    /// Returns true for `[WEIGHT, VARIANT]`.
    pub(super) fn is_swapped(&self, share: &Node) -> bool {
        let NodeKind::List(parts) = &share.kind else {
            return false;
        };
        let is_variant = |name: &str| self.variant_names.iter().any(|known| **known == *name);
        match &**parts {
            [weight, name] => {
                let weight = spelled_number(weight);
                weight.is_some_and(|weight| !is_variant(&weight))
                    && name.as_text().is_some_and(is_variant)
            }
            _ => false,
        }
    }

    fn is_bucketing_key(&self, node: &Node) -> bool {
        match JsonLogicNode::from_node(node) {
            JsonLogicNode::List(_) => false,
            JsonLogicNode::Operation(_) => is_known_operation(node),
            JsonLogicNode::Value(node) => {
                self.fractional_version == FractionalVersion::V3
                    || matches!(node.kind, NodeKind::Text(_) | NodeKind::Null)
            }
        }
    }

    fn check_share(&mut self, share: &Node) {
        let parts = match &share.kind {
            NodeKind::List(parts) => &**parts,
            _ if is_known_operation(share) => return,
            _ => {
                let what = format!("has {} in place of a share", share.type_name());
                let help = match &share.kind {
                    NodeKind::Map(_) => help_for_map(share),
                    _ => "write a share as `[VARIANT, WEIGHT]`".to_owned(),
                };
                return self.report_fractional(share, &what, &help);
            }
        };
        let (value, weight) = match parts {
            [] => return self.report_fractional(share, "has an empty share", SHARES),
            [value] => (value, None),
            [value, weight] => (value, Some(weight)),
            [.., extra] => {
                let what = "has a share of more than two parts; only the first two are used";
                let help = "write each share as a list of its own: `[\"on\", 10], [\"off\", 90]`";
                return self.report_fractional(extra, what, help);
            }
        };
        let is_name = match JsonLogicNode::from_node(value) {
            JsonLogicNode::Operation(_) => true,
            JsonLogicNode::List(_) => false,
            JsonLogicNode::Value(node) => node.as_map().is_none(),
        };
        if !is_name {
            let what = format!(
                "has {} in place of the name of a variant",
                value.type_name()
            );
            return self.report_fractional(value, &what, "write a share as `[VARIANT, WEIGHT]`");
        }
        if let Some(weight) = weight {
            self.check_weight(value, weight);
        }
    }

    fn check_weight(&mut self, variant: &Node, weight: &Node) {
        let (shown, problem, help) = match (JsonLogicNode::from_node(weight), &weight.kind) {
            (JsonLogicNode::Operation(_), _) | (_, NodeKind::Null) => return,
            (_, NodeKind::Number(n)) => {
                let mut shown = String::new();
                number::write_decimal(&mut shown, *n);
                let Some((problem, help)) = number_problem(*n) else {
                    return;
                };
                (shown, problem, help.to_owned())
            }
            (_, NodeKind::Text(text)) => {
                (format!("\"{text}\""), "is a string", help_for_text(text))
            }
            _ => {
                let help = "write a whole number from 0 to 2147483647".to_owned();
                (weight.type_name().to_owned(), "is not a number", help)
            }
        };
        let of = variant
            .as_text()
            .map_or_else(|| "a share".to_owned(), |name| format!("`{name}`"));
        let message = format!(
            "weight `{shown}` of {of} in `fractional` of flag `{}` {problem}",
            self.flag_key
        );
        self.report_invalid_rule(weight.position, message, help);
    }

    fn report_fractional(&mut self, node: &Node, what: &str, help: &str) {
        let message = format!("`fractional` of flag `{}` {what}", self.flag_key);
        self.report_invalid_rule(node.position, message, help);
    }
}

/// The reason why a number is not a weight, and the remedy.
fn number_problem(weight: f64) -> Option<(&'static str, &'static str)> {
    if weight < 0.0 {
        let help = "write a whole number from 0; a negative weight counts as 0";
        return Some(("is negative", help));
    }
    if parse_weight(Value::Number(weight)).is_some() {
        return None;
    }
    if weight.fract() == 0.0 {
        let help =
            "write a whole number up to 2147483647; until then the flag resolves to its default";
        return Some(("is too large", help));
    }
    let help = "multiply all weights by 10 until they are whole; until then the flag resolves to its default";
    Some(("is not a whole number", help))
}

fn help_for_text(text: &str) -> String {
    let digits = text.trim().trim_end_matches('%').trim_end();
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return format!(
            "write {digits}, without quotes or a percent sign; until then the flag resolves to its default"
        );
    }
    "write a whole number; until then the flag resolves to its default".to_owned()
}

/// Returns true for names and weights in turn, the first of them the name of a variant.
fn is_flat_list(items: &[Node]) -> bool {
    let is_pair = |pair: &[Node]| matches!(pair, [name, Node { kind: NodeKind::Number(_), .. }] if name.as_text().is_some());
    !items.is_empty() && items.chunks(2).all(is_pair)
}

/// Returns true for objects that are no operations.
pub(in crate::rule::compile) fn are_objects(items: &[Node]) -> bool {
    let is_object = |node: &Node| node.as_map().is_some() && !is_known_operation(node);
    !items.is_empty() && items.iter().all(is_object)
}

/// A number as it is printed.
fn spelled_number(node: &Node) -> Option<String> {
    let NodeKind::Number(n) = node.kind else {
        return None;
    };
    let mut text = String::new();
    number::write_decimal(&mut text, n);
    Some(text)
}

/// The share of a name and a weight, as it must be written.
fn share_of_pair(name: &Node, weight: &Node) -> Option<String> {
    Some(format!(
        "[\"{}\", {}]",
        name.as_text()?,
        spelled_number(weight)?
    ))
}

/// The share of a member `NAME: WEIGHT`.
fn share_of_member(member: &Member) -> Option<String> {
    let weight = spelled_number(&member.value)?;
    Some(format!("[\"{}\", {weight}]", member.key))
}

/// The share that an object stands for: `{ NAME: WEIGHT }`, or an object with one text and one number.
fn share_of_object(node: &Node) -> Option<String> {
    let members = node.as_map()?;
    if let [member] = members {
        return share_of_member(member);
    }
    let mut values = members.iter().map(|member| &member.value);
    let name = values.clone().find(|value| value.as_text().is_some())?;
    let weight = values.find(|value| spelled_number(value).is_some())?;
    share_of_pair(name, weight)
}

/// The shares that the members of an object stand for.
fn help_for_map(node: &Node) -> String {
    let members = node.as_map().unwrap_or_default();
    let shares: Option<Vec<String>> = members.iter().map(share_of_member).collect();
    match shares {
        Some(shares) if (1..=SHOWN_SHARES).contains(&shares.len()) => {
            format!("write a list of shares: `[{}]`", shares.join(", "))
        }
        _ => SHARES.to_owned(),
    }
}

/// Returns true for an operation whose operator exists, or a reference.
fn is_known_operation(node: &Node) -> bool {
    node.single_member()
        .is_some_and(|member| member.key == "$ref" || is_operator(&member.key))
}
