//! Parses `rollout.regions`: percentages by region.

use crate::document::rollout::fields::RegionPercentage;
use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::schema;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

impl FieldParser<'_> {
    pub fn parse_regions(&mut self, node: &Node) -> Vec<RegionPercentage> {
        if let Some(help) = list_help(node) {
            self.report_invalid(node.position, "rollout.regions", "is an object", &help);
            return Vec::new();
        }
        let mut regions: Vec<RegionPercentage> = Vec::new();
        for item in node.items_or_self() {
            let Some(region) = self.parse_region(item) else {
                continue;
            };
            let before = regions.last();
            if before.is_some_and(|before| before.percentage < region.percentage) {
                let help = "list regions in rollout order: percentages must not increase";
                let what = "has a region with a higher percentage than the region before";
                self.report_no_effect(region.position, "rollout.regions", what, help);
            }
            let known = regions.iter().flat_map(|before| &before.names);
            if let Some(name) = known.clone().find(|name| region.names.contains(name)) {
                let what = format!("lists `{name}` twice; the first entry wins");
                self.report_no_effect(
                    region.position,
                    "rollout.regions",
                    &what,
                    "remove one of them",
                );
            }
            regions.push(region);
        }
        regions
    }

    fn parse_region(&mut self, node: &Node) -> Option<RegionPercentage> {
        let field = "rollout.regions";
        let help = "write a list of `{ region: eu-west-1, percentage: 5 }`";
        let (mut names, mut percentage) = (Vec::new(), None);
        for member in self.parse_known_members(node, field, &schema::REGION, help) {
            match &*member.key {
                "region" => names = self.parse_names(&member.value, field),
                "percentage" => percentage = self.parse_percentage(&member.value, field),
                _ => {}
            }
        }
        if names.is_empty() || percentage.is_none() {
            if !self.faulty {
                self.report_invalid(
                    node.position,
                    field,
                    "has an item without `region` or `percentage`",
                    help,
                );
            }
            return None;
        }
        Some(RegionPercentage {
            position: node.position,
            names,
            percentage: percentage?,
        })
    }
}

/// The help for an object of percentages by region: the list that it stands for.
fn list_help(node: &Node) -> Option<String> {
    let members = node.as_map().filter(|members| !members.is_empty())?;
    let is_known = |member: &Member| schema::REGION.field(&member.key).is_some();
    let is_scalar =
        |member: &Member| matches!(member.value.kind, NodeKind::Number(_) | NodeKind::Text(_));
    if members.iter().any(is_known) || !members.iter().all(is_scalar) {
        return None;
    }
    let item = |member: &Member| {
        let percentage = match &member.value.kind {
            NodeKind::Number(n) => n.to_string(),
            _ => "…".to_owned(),
        };
        format!("{{ region: {}, percentage: {percentage} }}", member.key)
    };
    let mut items: Vec<String> = members.iter().take(SHOWN_REGIONS).map(item).collect();
    if members.len() > SHOWN_REGIONS {
        items.push("…".to_owned());
    }
    Some(format!("write a list: `[{}]`", items.join(", ")))
}

/// The number of regions that help repeats.
const SHOWN_REGIONS: usize = 3;
