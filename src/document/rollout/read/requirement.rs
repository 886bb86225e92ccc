//! Reads prerequisites.

use crate::document::field;
use crate::document::node::Node;
use crate::document::rollout::member::FieldParser;
use crate::document::rollout::read::list_items;
use crate::document::rollout::requirement::Prerequisite;

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
        for member in self.parse_known_members(node, word, &field::PREREQUISITE, help) {
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
