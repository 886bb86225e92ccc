//! Parses the members of a plan in fanion's own form.

use crate::diag::suggest_one_of;
use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::plan::parse::draft::PlanDraft;
use crate::document::rollout::plan::parse::policy::ON_INCONCLUSIVE;
use crate::document::rollout::plan::parse::policy::ON_NO_DATA;
use crate::document::rollout::plan::parse::policy::ON_REGRESSION;
use crate::document::rollout::plan::template;
use crate::document::rollout::plan::template::PlanTemplate;
use crate::document::rollout::ring::Rings;
use crate::document::schema;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

const FIELD: &str = "rollout.plan";

impl FieldParser<'_> {
    pub(super) fn parse_plan_fields(&mut self, node: &Node, rings: &Rings) -> PlanDraft {
        let mut draft = PlanDraft::new(node.position);
        if matches!(node.kind, NodeKind::List(_)) {
            draft.stages = Some(self.parse_stages(node, rings));
            return draft;
        }
        let help = "write it as an object, for instance `{ template: careful }`";
        for member in self.parse_known_members(node, FIELD, &schema::PLAN, help) {
            let value = &member.value;
            self.parse_plan_member(&mut draft, &member.key, value, rings);
            self.parse_policy_member(&mut draft, &member.key, value);
        }
        if draft.template == Some(PlanTemplate::Rings) && rings.rings.is_empty() {
            let help = "define `rings` of the document, the innermost ring first";
            let what = "uses the template `rings`, but the document has no rings";
            self.report_invalid(node.position, FIELD, what, help);
        }
        if draft.template == Some(PlanTemplate::Regions) && draft.regions.is_empty() {
            let help = "add `regions` with their names, in the order of the rollout";
            let what = "uses the template `regions`, but names no regions";
            self.report_invalid(node.position, FIELD, what, help);
        }
        draft
    }

    fn parse_plan_member(
        &mut self,
        draft: &mut PlanDraft,
        name: &str,
        value: &Node,
        rings: &Rings,
    ) {
        match name {
            "template" => draft.template = self.parse_template(value),
            "stages" => draft.stages = Some(self.parse_stages(value, rings)),
            "regions" => draft.regions = self.parse_name_list(value, "regions"),
            "hold" => draft.hold_ms = self.parse_duration(value, "hold"),
            "guardrails" => draft.guardrails = self.parse_guardrails(value),
            "alpha" => draft.alpha = self.parse_limit(value, "alpha", (1e-6, 0.5)),
            "minimum" => draft.minimum = self.parse_minimum(value),
            "windows" => draft.windows = self.parse_windows(value),
            _ => {}
        }
    }

    fn parse_policy_member(&mut self, draft: &mut PlanDraft, name: &str, value: &Node) {
        match name {
            "onRegression" => {
                draft.on_regression = self.parse_choice(value, name, &ON_REGRESSION);
            }
            "onInconclusive" => {
                draft.on_inconclusive = self.parse_choice(value, name, &ON_INCONCLUSIVE);
            }
            "onNoData" => draft.on_no_data = self.parse_choice(value, name, &ON_NO_DATA),
            "noDataGrace" => draft.no_data_grace_ms = self.parse_duration(value, name),
            "whileBlind" => draft.lease_ms = self.parse_while_blind(value),
            "rollback" => draft.rollback = self.parse_rollback(value),
            "approvalsExpire" => draft.approvals_expire_ms = self.parse_duration(value, name),
            _ => {}
        }
    }

    fn parse_template(&mut self, node: &Node) -> Option<PlanTemplate> {
        let name = self.parse_string(node, "rollout.plan.template")?;
        let found = PlanTemplate::from_name(&name);
        if found.is_none() {
            let what = format!("is `{name}`, which is not a template");
            let help = suggest_one_of(&name, template::NAMES);
            self.report_invalid(node.position, "rollout.plan.template", what, &help);
        }
        found
    }
}
