//! Parses the stages of a plan.

use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::plan::exposure::RegionExposure;
use crate::document::rollout::plan::model::RequiredApprovals;
use crate::document::rollout::plan::parse::draft::StageDraft;
use crate::document::rollout::plan::parse::policy::ON_REGRESSION;
use crate::document::rollout::ring::Rings;
use crate::document::schema;
use crate::document::syntax_tree::Node;

const FIELD: &str = "rollout.plan.stages";

/// The members of a stage about its end.
#[derive(Default)]
struct Ending {
    /// `advance`: true if a person ends the stage.
    is_manual: Option<bool>,
    count: Option<u64>,
    from: Vec<String>,
}

impl FieldParser<'_> {
    pub(super) fn parse_stages(&mut self, node: &Node, rings: &Rings) -> Vec<StageDraft> {
        let help = "add a stage: `{ name: canary, percentage: 1, hold: 1h }`";
        if node.items_or_self().is_empty() {
            self.report_invalid(node.position, FIELD, "is empty", help);
        }
        let stages = self.bounded_items(node, FIELD).iter();
        stages.map(|stage| self.parse_stage(stage, rings)).collect()
    }

    fn parse_stage(&mut self, node: &Node, rings: &Rings) -> StageDraft {
        let help = "write a stage as an object: `{ name: canary, percentage: 1, hold: 1h }`";
        let mut stage = StageDraft::new(node.position);
        let mut ending = Ending::default();
        for member in self.parse_known_members(node, FIELD, &schema::STAGE, help) {
            let value = &member.value;
            match &*member.key {
                "advance" => ending.is_manual = self.parse_choice(value, "advance", &ADVANCE),
                "approvals" => ending.count = self.parse_approval_count(value),
                "approvers" => ending.from = self.parse_name_list(value, "approvers"),
                "rings" => {
                    let names = self.parse_ring_names(value, "rings", rings).into_iter();
                    stage.rings = Some(names.map(Into::into).collect());
                }
                name => self.parse_stage_field(&mut stage, name, value),
            }
        }
        stage.approvals = self.required_approvals(node, ending);
        stage
    }

    fn parse_stage_field(&mut self, stage: &mut StageDraft, name: &str, value: &Node) {
        match name {
            "name" => stage.name = self.parse_name(value, "name"),
            "percentage" => stage.percentage = self.parse_percentage(value, "percentage"),
            "hold" => stage.hold_ms = self.parse_duration(value, "hold"),
            "regions" => stage.regions = Some(self.parse_region_exposures(value)),
            "variant" => {
                let variant = self.parse_variant(value, "variant");
                stage.variant = variant.map(|name| name.to_string());
            }
            "units" => stage.units = self.parse_count(value, "units"),
            "guardrails" => stage.guardrails = self.parse_guardrails(value),
            "onRegression" => {
                stage.on_regression = self.parse_choice(value, "onRegression", &ON_REGRESSION);
            }
            _ => {}
        }
    }

    fn parse_region_exposures(&mut self, node: &Node) -> Vec<RegionExposure> {
        let regions = self.parse_regions(node).into_iter();
        let exposures = regions.map(|region| RegionExposure {
            names: region.names.iter().map(ToString::to_string).collect(),
            percentage: region.percentage,
        });
        exposures.collect()
    }

    fn parse_approval_count(&mut self, node: &Node) -> Option<u64> {
        let count = self.parse_count(node, "approvals")?;
        if (1..=100).contains(&count) {
            return Some(count);
        }
        let help =
            "write the number of people, from 1 to 100; without approvals, write `advance: auto`";
        let what = format!("is {count}");
        self.report_invalid(node.position, "approvals", what, help);
        None
    }

    /// The approvals of a stage: those that it names, and one if a person ends it.
    fn required_approvals(&mut self, node: &Node, ending: Ending) -> Option<RequiredApprovals> {
        let is_named = ending.count.is_some() || !ending.from.is_empty();
        if ending.is_manual == Some(false) && is_named {
            let help = "write `advance: manual`, or remove `approvals` and `approvers`";
            let what = "requires approvals, but has `advance: auto`";
            self.report_invalid(node.position, FIELD, what, help);
        }
        (ending.is_manual == Some(true) || is_named)
            .then(|| required_approvals(ending.count.unwrap_or(1), ending.from))
    }
}

/// Approvals by this number of people, among them all named ones.
pub(super) fn required_approvals(count: u64, mut from: Vec<String>) -> RequiredApprovals {
    from.sort();
    from.dedup();
    let named = u32::try_from(from.len()).unwrap_or(u32::MAX);
    RequiredApprovals {
        count: u32::try_from(count).unwrap_or(u32::MAX).max(named).max(1),
        from,
    }
}

const ADVANCE: [(&str, bool); 2] = [("manual", true), ("auto", false)];
