//! Reads prerequisites.

use crate::document::field;
use crate::document::node::Node;
use crate::document::rollout::member::Reader;
use crate::document::rollout::read::items;
use crate::document::rollout::requirement::Requirement;

impl Reader<'_> {
    pub(super) fn requirements(&mut self, node: &Node) -> Vec<Requirement> {
        let read = items(node).iter().filter_map(|item| self.requirement(item));
        read.collect()
    }

    fn requirement(&mut self, node: &Node) -> Option<Requirement> {
        let word = "requires";
        let help = "write a list of `{ flag: checkout.api, variant: \"on\" }`";
        let (mut flag, mut variant) = (None, None);
        for member in self.members(node, word, &field::REQUIREMENT, help) {
            match &*member.key {
                "flag" => flag = self.text(&member.value, word),
                "variant" => variant = self.text(&member.value, word),
                _ => {}
            }
        }
        let (Some(flag), Some(variant)) = (flag, variant) else {
            if !self.faulty {
                self.wrong(node.place, word, "has an incomplete item", help);
            }
            return None;
        };
        Some(Requirement {
            place: node.place,
            flag,
            variant,
        })
    }
}
