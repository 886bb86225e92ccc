//! Parses schedules with `duration` in milliseconds and `successCriteria`: a stage ends when its time has passed and all
//! criteria are met; a criterion that is not met takes the rollout back.

use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::plan::duration;
use crate::document::rollout::plan::guardrail::Guardrail;
use crate::document::rollout::plan::guardrail::GuardrailTest;
use crate::document::rollout::plan::parse::draft::PlacedGuardrail;
use crate::document::rollout::plan::parse::draft::PlanDraft;
use crate::document::rollout::plan::parse::draft::StageDraft;
use crate::document::rollout::plan::parse::stage::required_approvals;
use crate::document::rollout::plan::policy::OnRegression;
use crate::document::schema;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::number::truncate_to_i64;

const FIELD: &str = "rollout.plan";
const HELP: &str =
    "write an object with `stages`, each with `percentage` and `duration` in milliseconds";

impl FieldParser<'_> {
    pub(super) fn parse_schedule(&mut self, node: &Node) -> PlanDraft {
        let mut draft = PlanDraft::new(node.position);
        draft.on_regression = Some(OnRegression::Rollback);
        let mut is_automatic = true;
        for member in self.parse_known_members(node, FIELD, &schema::SCHEDULE, HELP) {
            let value = &member.value;
            match &*member.key {
                "flagKey" => self.check_flag_key(value),
                "stages" => {
                    let stages = self.bounded_items(value, FIELD).iter();
                    draft.stages = Some(
                        stages
                            .map(|stage| self.parse_schedule_stage(stage))
                            .collect(),
                    );
                }
                "autoProgress" => is_automatic = self.parse_bool(value, "autoProgress"),
                "successCriteria" => self.parse_criteria(value, &mut draft),
                _ => {}
            }
        }
        for stage in draft.stages.iter_mut().flatten() {
            stage.approvals = match stage.approvals.take() {
                _ if is_automatic => None,
                None => Some(required_approvals(1, Vec::new())),
                named => named,
            };
        }
        draft
    }

    fn check_flag_key(&mut self, node: &Node) {
        let Some(key) = self.parse_string(node, "flagKey") else {
            return;
        };
        if *key != *self.flag {
            let help = format!("write `{}`, or move the schedule to its flag", self.flag);
            let what = format!("is `{key}`, which is another flag");
            self.report_invalid(node.position, "flagKey", what, &help);
        }
    }

    fn parse_schedule_stage(&mut self, node: &Node) -> StageDraft {
        let mut stage = StageDraft::new(node.position);
        for member in self.parse_known_members(node, FIELD, &schema::SCHEDULE_STAGE, HELP) {
            let value = &member.value;
            match &*member.key {
                "percentage" => stage.percentage = self.parse_percentage(value, "percentage"),
                "duration" => stage.hold_ms = self.parse_milliseconds(value),
                "requiredApprovals" => {
                    let from = self.parse_approvers(value);
                    stage.approvals = (!from.is_empty()).then(|| required_approvals(1, from));
                }
                _ => {}
            }
        }
        stage
    }

    /// The approvers; an empty list is none.
    fn parse_approvers(&mut self, node: &Node) -> Vec<String> {
        let items = node.items_or_self().iter();
        items
            .filter_map(|item| self.parse_name(item, "requiredApprovals"))
            .collect()
    }

    fn parse_milliseconds(&mut self, node: &Node) -> Option<u64> {
        let millis = match node.kind {
            NodeKind::Number(n) if n >= 0.0 => u64::try_from(truncate_to_i64(n)).ok(),
            _ => None,
        };
        let millis = millis.filter(|millis| *millis <= duration::MAX_MILLIS);
        if millis.is_none() {
            let help = "write milliseconds, for instance 3600000 for an hour; at most 366 days";
            self.report_invalid(node.position, "duration", "is not a duration", help);
        }
        millis
    }

    fn parse_criteria(&mut self, node: &Node, draft: &mut PlanDraft) {
        let help = "write `{ errorRateThreshold: 0.01, latencyP99Threshold: 500, minimumSampleSize: 1000 }`";
        let field = "successCriteria";
        for member in self.parse_known_members(node, field, &schema::SUCCESS_CRITERIA, help) {
            let value = &member.value;
            let metric = match &*member.key {
                "errorRateThreshold" => "error-rate",
                "latencyP99Threshold" => "latency-p99",
                _ => {
                    draft.minimum.units = self.parse_count(value, "minimumSampleSize").unwrap_or(0);
                    continue;
                }
            };
            if let Some(max) = self.parse_limit(value, &member.key, (0.0, 1e12)) {
                draft.guardrails.push(PlacedGuardrail {
                    position: member.position,
                    guardrail: threshold(metric, max, None),
                });
            }
        }
    }
}

/// A guardrail for the value of a metric.
pub(super) fn threshold(metric: &str, max: f64, window_ms: Option<u64>) -> Guardrail {
    Guardrail {
        name: metric.to_owned(),
        test: GuardrailTest::Threshold {
            metric: metric.to_owned(),
            max,
        },
        window_ms,
        require_proof: false,
    }
}
