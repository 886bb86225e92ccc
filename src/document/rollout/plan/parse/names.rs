//! Scalars of plans: durations, choices, counts, limits and lists of names.

use crate::diag::suggest_one_of;
use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::plan::duration::parse_millis;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number::truncate_to_i64;

/// The largest count.
const MAX_COUNT: f64 = 1e9;
/// The most stages of a plan, and the most guardrails or windows of a list.
const MOST_ITEMS: usize = 100;

impl FieldParser<'_> {
    /// The items of a list, at most as many as a plan may have; more are reported.
    pub(super) fn bounded_items<'n>(&mut self, node: &'n Node, field: &str) -> &'n [Node] {
        let items = node.items_or_self();
        let count = items.len();
        if count > MOST_ITEMS {
            let help = format!("write at most {MOST_ITEMS}");
            self.report_invalid(node.position, field, format!("has {count} items"), &help);
        }
        items.get(..MOST_ITEMS).unwrap_or(items)
    }

    /// The milliseconds of a duration such as `1h`.
    pub(super) fn parse_duration(&mut self, node: &Node, field: &str) -> Option<u64> {
        if let NodeKind::Number(number) = node.kind {
            let what = format!("is the number {number}, which has no unit");
            let help = format!("add a unit: `{number}m` or `{number}h`");
            self.report_invalid(node.position, field, what, &help);
            return None;
        }
        let text = self.parse_string(node, field)?;
        let millis = parse_millis(&text);
        if millis.is_none() {
            let help = if text.bytes().all(|byte| byte.is_ascii_digit()) {
                format!("add a unit: `{text}m` or `{text}h`")
            } else {
                "write whole numbers with units, for instance 30s, 15m, 1h30m or 7d; at most 366d"
                    .to_owned()
            };
            let what = format!("is `{text}`, which is not a duration");
            self.report_invalid(node.position, field, what, &help);
        }
        millis
    }

    /// One of several words.
    pub(super) fn parse_choice<T: Copy>(
        &mut self,
        node: &Node,
        field: &str,
        known: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.parse_string(node, field)?;
        let found = known.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let help = suggest_one_of(&text, known.iter().map(|(name, _)| *name));
            let what = format!("is `{text}`, which is unknown");
            self.report_invalid(node.position, field, what, &help);
        }
        found.map(|(_, value)| *value)
    }

    /// A whole number from 0 to a milliard.
    pub(super) fn parse_count(&mut self, node: &Node, field: &str) -> Option<u64> {
        match node.kind {
            NodeKind::Number(n) if n.fract() == 0.0 && (0.0..=MAX_COUNT).contains(&n) => {
                u64::try_from(truncate_to_i64(n)).ok()
            }
            _ => {
                let help = "write a whole number from 0 to 1000000000";
                self.report_invalid(node.position, field, "is not a count", help);
                None
            }
        }
    }

    /// A number within bounds.
    pub(super) fn parse_limit(
        &mut self,
        node: &Node,
        field: &str,
        (least, most): (f64, f64),
    ) -> Option<f64> {
        match node.kind {
            NodeKind::Number(n) if (least..=most).contains(&n) => Some(n),
            _ => {
                let what = match node.kind {
                    NodeKind::Number(n) => format!("is {n}"),
                    _ => format!("is {}", node.type_name()),
                };
                let help = format!("write a number from {least} to {most}");
                self.report_invalid(node.position, field, what, &help);
                None
            }
        }
    }

    /// A list of names, as strings.
    pub(super) fn parse_name_list(&mut self, node: &Node, field: &str) -> Vec<String> {
        let names = self.parse_names(node, field);
        names.iter().map(ToString::to_string).collect()
    }

    /// A name that is not empty.
    pub(super) fn parse_name(&mut self, node: &Node, field: &str) -> Option<String> {
        let name = self.parse_string(node, field)?;
        Some(name.to_string())
    }
}
