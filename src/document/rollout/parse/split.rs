//! Parses `rollout.split`: weights by variant.

use crate::document::number_token::number_in_text;
use crate::document::rollout::fields::Release;
use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number::truncate_to_i64;

impl FieldParser<'_> {
    pub(super) fn parse_split(&mut self, node: &Node) -> Option<Release> {
        let field = "rollout.split";
        let Some(members) = node.as_map() else {
            let what = format!("is {}", node.type_name());
            self.report_invalid(node.position, field, what, &object_help(node));
            return None;
        };
        let mut shares = Vec::new();
        let mut is_complete = true;
        for member in members {
            let weight = match member.value.kind {
                NodeKind::Number(n) if n.fract() == 0.0 && (0.0..=1e6).contains(&n) => n,
                _ => {
                    self.report_weight(member);
                    is_complete = false;
                    continue;
                }
            };
            if self.require_variant(&member.key, member.position, field) {
                let weight = u32::try_from(truncate_to_i64(weight)).unwrap_or(0);
                shares.push((member.key.clone(), weight));
            } else {
                is_complete = false;
            }
        }
        if !is_complete && shares.iter().all(|(_, weight)| *weight == 0) {
            return None;
        }
        let total: u64 = shares.iter().map(|(_, weight)| u64::from(*weight)).sum();
        if total == 0 || total > u64::from(i32::MAX.unsigned_abs()) {
            let what = format!("has weights that sum to {total}");
            self.report_invalid(
                node.position,
                field,
                what,
                "the sum must be from 1 to 2147483647",
            );
            return None;
        }
        Some(Release::Split(shares))
    }

    fn report_weight(&mut self, member: &Member) {
        let (written, help) = match &member.value.kind {
            NodeKind::Number(n) if *n > 0.0 && n.fract() != 0.0 => (
                format!(" {n}"),
                "multiply all weights until they are whole numbers".to_owned(),
            ),
            NodeKind::Number(n) => (format!(" {n}"), WEIGHT.to_owned()),
            NodeKind::Text(text) => match number_in_text(text) {
                Some(number) => (
                    format!(" `{text}`"),
                    format!("write {number}, without quotes or a percent sign"),
                ),
                None => (format!(" `{text}`"), WEIGHT.to_owned()),
            },
            _ => (String::new(), WEIGHT.to_owned()),
        };
        let what = format!("has an invalid weight{written} for `{}`", member.key);
        self.report_invalid(member.value.position, "rollout.split", what, &help);
    }
}

const WEIGHT: &str = "write a whole number from 0 to 1000000";

/// The help for a split that is no object: the object that its shares stand for.
fn object_help(node: &Node) -> String {
    let share = |item: &Node| match (&item.kind, item.single_member()) {
        (NodeKind::List(parts), _) => match &**parts {
            [
                name,
                Node {
                    kind: NodeKind::Number(weight),
                    ..
                },
            ] => Some(format!("{}: {weight}", name.as_text()?)),
            _ => None,
        },
        (_, Some(member)) => match member.value.kind {
            NodeKind::Number(weight) => Some(format!("{}: {weight}", member.key)),
            _ => None,
        },
        _ => None,
    };
    let shares: Option<Vec<String>> = node.items_or_self().iter().map(share).collect();
    match shares.filter(|shares| !shares.is_empty()) {
        Some(shares) => format!(
            "write an object of variants and weights: `{{ {} }}`",
            shares.join(", ")
        ),
        None => "write an object of variants and weights: `{ a: 50, b: 50 }`".to_owned(),
    }
}
