//! Reads shares: of everybody, by variant, by region.

use crate::document::rollout::Release;
use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::parse::list_items;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::region::RegionPercentage;
use crate::document::schema;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

impl FieldParser<'_> {
    pub(super) fn parse_percentage(&mut self, node: &Node, word: &str) -> Option<Percentage> {
        match Percentage::parse(node) {
            Ok(share) => Some(share),
            Err((what, help)) => {
                self.report_invalid(node.position, word, what, help);
                None
            }
        }
    }

    /// Weights by variant.
    pub(super) fn parse_split(&mut self, node: &Node) -> Option<Release> {
        let word = "rollout.split";
        let help = "write it as an object of variants and weights";
        let mut shares = Vec::new();
        for member in self.parse_object(node, word, help) {
            let weight = match member.value.kind {
                NodeKind::Number(n) if n.fract() == 0.0 && (0.0..=1e6).contains(&n) => n,
                _ => {
                    let help = "a weight is a whole number from 0 to 1000000";
                    self.report_invalid(
                        member.value.position,
                        word,
                        "has a weight that is none",
                        help,
                    );
                    continue;
                }
            };
            if self.require_variant(&member.key, member.position, word) {
                let weight = u32::try_from(crate::number::truncate_to_i64(weight)).unwrap_or(0);
                shares.push((member.key.clone(), weight));
            }
        }
        let total: u64 = shares.iter().map(|(_, weight)| u64::from(*weight)).sum();
        if total == 0 || total > u64::from(i32::MAX.unsigned_abs()) {
            let what = format!("has weights that sum to {total}");
            self.report_invalid(
                node.position,
                word,
                what,
                "the sum must be from 1 to 2147483647",
            );
            return None;
        }
        Some(Release::Split(shares))
    }

    pub(super) fn parse_regions(&mut self, node: &Node) -> Vec<RegionPercentage> {
        let mut regions: Vec<RegionPercentage> = Vec::new();
        for item in list_items(node) {
            let Some(region) = self.parse_region(item) else {
                continue;
            };
            let before = regions.last();
            if before.is_some_and(|before| before.percentage < region.percentage) {
                let help = "regions stand in the order of the rollout, so an earlier one has at least as much";
                let what = "has a region that is ahead of the one before it";
                self.report_no_effect(region.position, "rollout.regions", what, help);
            }
            let known = regions.iter().flat_map(|before| &before.names);
            if let Some(name) = known.clone().find(|name| region.names.contains(name)) {
                let what = format!("has `{name}` twice; the first one counts");
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
        let word = "rollout.regions";
        let help = "write a list of `{ region: eu-west-1, percentage: 5 }`";
        let (mut names, mut percentage) = (Vec::new(), None);
        for member in self.parse_known_members(node, word, &schema::REGION, help) {
            match &*member.key {
                "region" => names = self.parse_string_list(&member.value, word),
                "percentage" => percentage = self.parse_percentage(&member.value, word),
                _ => {}
            }
        }
        if names.is_empty() || percentage.is_none() {
            if !self.faulty {
                self.report_invalid(node.position, word, "has an incomplete item", help);
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
