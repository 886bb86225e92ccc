//! Reads shares: of everybody, by variant, by region.

use crate::document::field;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::document::rollout::Release;
use crate::document::rollout::member::Reader;
use crate::document::rollout::read::items;
use crate::document::rollout::region::Region;
use crate::document::rollout::share::Share;

impl Reader<'_> {
    pub(super) fn share(&mut self, node: &Node, word: &str) -> Option<Share> {
        match Share::read(node) {
            Ok(share) => Some(share),
            Err((what, help)) => {
                self.wrong(node.place, word, what, help);
                None
            }
        }
    }

    /// Weights by variant.
    pub(super) fn split(&mut self, node: &Node) -> Option<Release> {
        let word = "rollout.split";
        let help = "write it as an object of variants and weights";
        let mut shares = Vec::new();
        for member in self.entries(node, word, help) {
            let weight = match member.value.kind {
                Kind::Number(n) if n.fract() == 0.0 && (0.0..=1e6).contains(&n) => n,
                _ => {
                    let help = "a weight is a whole number from 0 to 1000000";
                    self.wrong(member.value.place, word, "has a weight that is none", help);
                    continue;
                }
            };
            if self.has_variant(&member.key, member.place, word) {
                let weight = u32::try_from(crate::number::truncate(weight)).unwrap_or(0);
                shares.push((member.key.clone(), weight));
            }
        }
        let total: u64 = shares.iter().map(|(_, weight)| u64::from(*weight)).sum();
        if total == 0 || total > u64::from(i32::MAX.unsigned_abs()) {
            let what = format!("has weights that sum to {total}");
            self.wrong(
                node.place,
                word,
                what,
                "the sum must be from 1 to 2147483647",
            );
            return None;
        }
        Some(Release::Split(shares))
    }

    pub(super) fn regions(&mut self, node: &Node) -> Vec<Region> {
        let mut regions: Vec<Region> = Vec::new();
        for item in items(node) {
            let Some(region) = self.region(item) else {
                continue;
            };
            let before = regions.last();
            if before.is_some_and(|before| before.percentage < region.percentage) {
                let help = "regions stand in the order of the rollout, so an earlier one has at least as much";
                let what = "has a region that is ahead of the one before it";
                self.idle(region.place, "rollout.regions", what, help);
            }
            let known = regions.iter().flat_map(|before| &before.names);
            if let Some(name) = known.clone().find(|name| region.names.contains(name)) {
                let what = format!("has `{name}` twice; the first one counts");
                self.idle(region.place, "rollout.regions", &what, "remove one of them");
            }
            regions.push(region);
        }
        regions
    }

    fn region(&mut self, node: &Node) -> Option<Region> {
        let word = "rollout.regions";
        let help = "write a list of `{ region: eu-west-1, percentage: 5 }`";
        let (mut names, mut percentage) = (Vec::new(), None);
        for member in self.members(node, word, &field::REGION, help) {
            match &*member.key {
                "region" => names = self.texts(&member.value, word),
                "percentage" => percentage = self.share(&member.value, word),
                _ => {}
            }
        }
        if names.is_empty() || percentage.is_none() {
            if !self.faulty {
                self.wrong(node.place, word, "has an incomplete item", help);
            }
            return None;
        }
        Some(Region {
            place: node.place,
            names,
            percentage: percentage?,
        })
    }
}
