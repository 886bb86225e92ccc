//! Parses percentages.

use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::percentage::Percentage;
use crate::document::syntax_tree::Node;

impl FieldParser<'_> {
    pub fn parse_percentage(&mut self, node: &Node, field: &str) -> Option<Percentage> {
        match Percentage::parse(node) {
            Ok(share) => Some(share),
            Err((what, help)) => {
                self.report_invalid(node.position, field, what, &help);
                None
            }
        }
    }
}
