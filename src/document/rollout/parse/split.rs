//! Parses `rollout.split`: weights by variant.

use crate::document::rollout::fields::Release;
use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number::truncate_to_i64;

impl FieldParser<'_> {
    pub(super) fn parse_split(&mut self, node: &Node) -> Option<Release> {
        let field = "rollout.split";
        let help = "write an object of variants and weights";
        let mut shares = Vec::new();
        for member in self.parse_object(node, field, help) {
            let weight = match member.value.kind {
                NodeKind::Number(n) if n.fract() == 0.0 && (0.0..=1e6).contains(&n) => n,
                _ => {
                    let help = "write a whole number from 0 to 1000000";
                    self.report_invalid(
                        member.value.position,
                        field,
                        format!("has an invalid weight for `{}`", member.key),
                        help,
                    );
                    continue;
                }
            };
            if self.require_variant(&member.key, member.position, field) {
                let weight = u32::try_from(truncate_to_i64(weight)).unwrap_or(0);
                shares.push((member.key.clone(), weight));
            }
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
}
