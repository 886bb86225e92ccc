//! Reads prerequisites.

use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::parse::list_items;
use crate::document::rollout::prerequisite::Prerequisite;
use crate::document::schema;
use crate::document::syntax_tree::Node;

impl FieldParser<'_> {
    pub(super) fn parse_prerequisites(&mut self, node: &Node) -> Vec<Prerequisite> {
        let read = list_items(node)
            .iter()
            .filter_map(|item| self.parse_prerequisite(item));
        read.collect()
    }

    fn parse_prerequisite(&mut self, node: &Node) -> Option<Prerequisite> {
        let word = "requires";
        let help = "write a list of `{ flag: checkout.api, variant: \"on\" }`";
        let (mut flag, mut variant) = (None, None);
        for member in self.parse_known_members(node, word, &schema::PREREQUISITE, help) {
            match &*member.key {
                "flag" => flag = self.parse_string(&member.value, word),
                "variant" => variant = self.parse_string(&member.value, word),
                _ => {}
            }
        }
        let (Some(flag), Some(variant)) = (flag, variant) else {
            if !self.faulty {
                self.report_invalid(node.position, word, "has an incomplete item", help);
            }
            return None;
        };
        Some(Prerequisite {
            position: node.position,
            flag,
            variant,
        })
    }
}
