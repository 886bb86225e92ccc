//! Parses pipelines with `duration: 1h`, `autoAdvance` and `metrics` with windows: a breach halts the rollout, unless
//! `onBreach` says otherwise.

use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::plan::guardrail::Guardrail;
use crate::document::rollout::plan::guardrail::GuardrailTest;
use crate::document::rollout::plan::parse::draft::PlacedGuardrail;
use crate::document::rollout::plan::parse::draft::PlanDraft;
use crate::document::rollout::plan::parse::draft::StageDraft;
use crate::document::rollout::plan::parse::schedule::threshold;
use crate::document::rollout::plan::parse::stage::required_approvals;
use crate::document::rollout::plan::policy::OnRegression;
use crate::document::schema;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

const FIELD: &str = "rollout.plan.stages";
const HELP: &str = "write a stage as `{ name: canary, percentage: 1, duration: 1h, autoAdvance: false, metrics: […] }`";
const METRIC: &str = "write a metric as `{ type: error-rate, threshold: 0.01, window: 15m }`";

/// The type of a metric; true if it must not fall.
const METRICS: [(&str, (&str, bool)); 3] = [
    ("error-rate", ("error-rate", false)),
    ("latency-p99", ("latency-p99", false)),
    ("business-metric", ("business-metric", true)),
];
const BREACHES: [(&str, OnRegression); 2] = [
    ("halt", OnRegression::Halt),
    ("rollback", OnRegression::Rollback),
];

impl FieldParser<'_> {
    pub(super) fn parse_pipeline(&mut self, node: &Node) -> PlanDraft {
        let mut draft = PlanDraft::new(node.position);
        draft.on_regression = Some(OnRegression::Halt);
        if !matches!(node.kind, NodeKind::List(_)) {
            self.parse_known_members(node, "rollout.plan", &schema::PIPELINE, HELP);
        }
        let listed = node.member("stages").unwrap_or(node);
        let stages = self.bounded_items(listed, FIELD).iter();
        draft.stages = Some(
            stages
                .map(|stage| self.parse_pipeline_stage(stage))
                .collect(),
        );
        draft
    }

    fn parse_pipeline_stage(&mut self, node: &Node) -> StageDraft {
        let mut stage = StageDraft::new(node.position);
        let mut is_automatic = true;
        for member in self.parse_known_members(node, FIELD, &schema::PIPELINE_STAGE, HELP) {
            let value = &member.value;
            match &*member.key {
                "name" => stage.name = self.parse_name(value, "name"),
                "percentage" => stage.percentage = self.parse_percentage(value, "percentage"),
                "duration" => stage.hold_ms = self.parse_duration(value, "duration"),
                "autoAdvance" => is_automatic = self.parse_bool(value, "autoAdvance"),
                "metrics" => {
                    let metrics = self.bounded_items(value, "metrics").iter();
                    stage.guardrails = metrics
                        .filter_map(|metric| self.parse_metric(metric))
                        .collect();
                }
                "onBreach" => stage.on_regression = self.parse_choice(value, "onBreach", &BREACHES),
                _ => {}
            }
        }
        stage.approvals = (!is_automatic).then(|| required_approvals(1, Vec::new()));
        stage
    }

    fn parse_metric(&mut self, node: &Node) -> Option<PlacedGuardrail> {
        let (mut kind, mut name, mut limit, mut window) = (None, None, None, None);
        for member in self.parse_known_members(node, "metrics", &schema::PIPELINE_METRIC, METRIC) {
            let value = &member.value;
            match &*member.key {
                "type" => kind = self.parse_choice(value, "type", &METRICS),
                "metric" => name = self.parse_name(value, "metric"),
                "threshold" => limit = self.parse_limit(value, "threshold", (0.0, 1e12)),
                "window" => window = self.parse_duration(value, "window"),
                _ => {}
            }
        }
        let (Some((metric, must_not_fall)), Some(limit)) = (kind, limit) else {
            if !self.faulty {
                let what = "has an item without `type` or `threshold`";
                self.report_invalid(node.position, "metrics", what, METRIC);
            }
            return None;
        };
        let metric = name.as_deref().unwrap_or(metric);
        let guardrail = if must_not_fall {
            must_not_fall_by(metric, limit, window)
        } else {
            threshold(metric, limit, window)
        };
        Some(PlacedGuardrail {
            position: node.position,
            guardrail,
        })
    }
}

fn must_not_fall_by(metric: &str, by: f64, window_ms: Option<u64>) -> Guardrail {
    Guardrail {
        name: metric.to_owned(),
        test: GuardrailTest::MustNotFall {
            outcome: metric.to_owned(),
            by,
        },
        window_ms,
        require_proof: false,
    }
}
