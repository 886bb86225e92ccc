//! Parses `rollout`: the releases of a flag.

use ecow::EcoString;

use crate::diag::Code;
use crate::diag::Position;
use crate::diag::did_you_mean;
use crate::document::rollout::bucketing::Bucketing;
use crate::document::rollout::fields::Release;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::percentage::Percentage;
use crate::document::rollout::plan::parse::parse_plan;
use crate::document::rollout::ring::Rings;
use crate::document::schema;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

impl FieldParser<'_> {
    pub(super) fn parse_rollouts(&mut self, node: &Node, rings: &Rings) -> Vec<Rollout> {
        let help = "remove it, or add a release: `{ variant: \"on\", percentage: 5 }`";
        self.report_empty_list(node, "rollout", help);
        let read = node
            .items_or_self()
            .iter()
            .filter_map(|item| self.parse_rollout(item, rings));
        read.collect()
    }

    fn parse_rollout(&mut self, node: &Node, rings: &Rings) -> Option<Rollout> {
        let help = "write it as an object, for instance `{ variant: \"on\", percentage: 5 }`";
        let members = self.parse_known_members(node, "rollout", &schema::ROLLOUT, help);
        let (mut release, mut percentage) = (None, None);
        let mut rollout = Rollout {
            position: node.position,
            release: Release::Split(Vec::new()),
            percentage: Percentage::NONE,
            ramp: None,
            rings: Vec::new(),
            segments: Vec::new(),
            allow: Vec::new(),
            deny: Vec::new(),
            when: None,
            regions: Vec::new(),
            bucketing: Bucketing::default(),
            plan: None,
        };
        let mut plan = None;
        for member in &members {
            let value = &member.value;
            match &*member.key {
                "variant" => {
                    release = self
                        .parse_variant(value, "rollout.variant")
                        .map(Release::Variant);
                }
                "split" => release = self.parse_split(value),
                "percentage" => percentage = self.parse_percentage(value, "rollout.percentage"),
                "ramp" => rollout.ramp = self.parse_ramp(value),
                "rings" => rollout.rings = self.parse_ring_names(value, "rollout.rings", rings),
                "segments" => rollout.segments = self.parse_names(value, "rollout.segments"),
                "allow" => rollout.allow = self.parse_names(value, "rollout.allow"),
                "deny" => rollout.deny = self.parse_names(value, "rollout.deny"),
                "when" => rollout.when = self.parse_condition(value),
                "regions" => rollout.regions = self.parse_regions(value),
                "bucketBy" => rollout.bucketing.bucket_by = self.parse_bucket_by(value),
                "seed" => rollout.bucketing.seed = self.parse_string(value, "rollout.seed"),
                "dialect" => rollout.bucketing.dialect = self.parse_dialect(value)?,
                "plan" => plan = Some(value),
                _ => {}
            }
        }
        self.validate_release(node, release.is_some());
        rollout.release = release?;
        let otherwise = if rollout.ramp.is_some() {
            Percentage::ALL
        } else {
            Percentage::NONE
        };
        rollout.percentage = percentage.unwrap_or(otherwise);
        let is_share_written = members.iter().any(|m| &*m.key == "percentage");
        self.report_if_no_effect(&rollout, is_share_written, plan.is_some());
        rollout.plan = plan.and_then(|plan| parse_plan(self, plan, &rollout, rings));
        self.warn_about_dialect(&rollout);
        Some(rollout)
    }

    fn validate_release(&mut self, node: &Node, found: bool) {
        let named = node.as_map().unwrap_or(&[]).iter();
        let named = named
            .filter(|m| matches!(&*m.key, "variant" | "split"))
            .count();
        if named == 0 && !found && node.as_map().is_some() {
            let help = "add `variant`, or `split` with a weight for each variant";
            self.report_invalid(
                node.position,
                "rollout",
                "has neither `variant` nor `split`",
                help,
            );
        }
        if named > 1 {
            let help = "remove one of them";
            self.report_invalid(
                node.position,
                "rollout",
                "has both `variant` and `split`",
                help,
            );
        }
    }

    /// Reports a rollout that selects no context although it has no plan and does not say `percentage: 0`, and keys that are both
    /// allowed and denied.
    fn report_if_no_effect(&mut self, rollout: &Rollout, is_share_written: bool, is_planned: bool) {
        let shares = rollout.regions.iter().map(|region| region.percentage);
        let nobody = rollout.rings.is_empty()
            && rollout.segments.is_empty()
            && rollout.allow.is_empty()
            && shares
                .chain([rollout.percentage])
                .all(|share| share == Percentage::NONE);
        let written = rollout.percentage == Percentage::NONE && rollout.regions.is_empty();
        let nobody = nobody && !self.faulty && !is_planned;
        let message = format!("`rollout` of flag `{}` matches no context", self.flag);
        if nobody && written && rollout.when.is_some() {
            let help = "`when` only restricts eligibility; add `percentage: 100` to include all eligible contexts";
            self.report_effect(rollout.position, message, help, is_share_written);
        } else if nobody && written && !is_share_written {
            let help = "add `percentage`, for instance `percentage: 100` for all contexts, or `percentage: 0` for none yet";
            self.report_effect(rollout.position, message, help, false);
        }
        for key in rollout
            .allow
            .iter()
            .filter(|key| rollout.deny.contains(key))
        {
            let message = format!(
                "`{key}` is in both `allow` and `deny` of flag `{}`",
                self.flag
            );
            let help = "`deny` wins; remove the key from one of the lists";
            self.report
                .warn(Code::NoEffect, rollout.position, message, help);
        }
    }

    /// Reports a rollout without effect: as a warning if it is meant to have none yet.
    fn report_effect(&mut self, position: Position, message: String, help: &str, is_meant: bool) {
        if is_meant {
            self.report.warn(Code::NoEffect, position, message, help);
        } else {
            self.report.error(Code::NoEffect, position, message, help);
        }
    }

    /// The names of rings; those that the document does not define are reported.
    pub fn parse_ring_names(&mut self, node: &Node, field: &str, rings: &Rings) -> Vec<EcoString> {
        let is_ring = |node: &Node| {
            node.as_text()
                .is_some_and(|name| rings.find(name).is_some())
        };
        let names = if is_ring(node) {
            self.parse_string_list(node, field)
        } else {
            self.parse_names(node, field)
        };
        for name in &names {
            if rings.rings.is_empty() || rings.find(name).is_some() {
                continue;
            }
            let known = || rings.rings.iter().map(|ring| &*ring.name);
            let help = did_you_mean(name, known(), || {
                format!(
                    "define it in `rings`; until then it only matches contexts whose attribute `ring` is `{name}`"
                )
            });
            let message = format!(
                "`{field}` of flag `{}` names ring `{name}`, which is not defined",
                self.flag
            );
            self.report.warn(Code::Ring, node.position, message, help);
        }
        names
    }

    fn parse_condition(&mut self, node: &Node) -> Option<Node> {
        match &node.kind {
            NodeKind::Null => None,
            NodeKind::Bool(_) => Some(node.clone()),
            NodeKind::Map(members) if members.len() == 1 => Some(node.clone()),
            _ => {
                let help = "write a rule, for instance `{ \"==\": [{ var: country }, DE] }`";
                self.report_invalid(node.position, "rollout.when", "is not a condition", help);
                None
            }
        }
    }
}
