//! Parses `requires`: the prerequisites of a flag.

use crate::document::rollout::fields::Prerequisite;
use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::schema;
use crate::document::syntax_tree::Node;

impl FieldParser<'_> {
    pub(super) fn parse_prerequisites(&mut self, node: &Node) -> Vec<Prerequisite> {
        let help = "remove it, or add a prerequisite: `{ flag: FLAG, variant: \"on\" }`";
        self.report_empty_list(node, "requires", help);
        let read = node
            .items_or_self()
            .iter()
            .filter_map(|item| self.parse_prerequisite(item));
        read.collect()
    }

    fn parse_prerequisite(&mut self, node: &Node) -> Option<Prerequisite> {
        let field = "requires";
        let named = node.as_text().unwrap_or("FLAG");
        let help = &format!("write a list of `{{ flag: {named}, variant: \"on\" }}`");
        let (mut flag, mut variant) = (None, None);
        for member in self.parse_known_members(node, field, &schema::PREREQUISITE, help) {
            match &*member.key {
                "flag" => flag = self.parse_string(&member.value, field),
                "variant" => variant = self.parse_string(&member.value, field),
                _ => {}
            }
        }
        let (Some(flag), Some(variant)) = (flag, variant) else {
            if !self.faulty {
                self.report_invalid(
                    node.position,
                    field,
                    "has an item without `flag` or `variant`",
                    help,
                );
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
