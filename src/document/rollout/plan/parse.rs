//! Parses `rollout.plan`: fanion's own form, and the schedules and pipelines of other services.

mod checks;
mod draft;
mod guardrail;
mod names;
mod pipeline;
mod plan_fields;
mod policy;
mod resolve;
mod schedule;
mod stage;
mod window;

use std::sync::Arc;

use crate::diag::Code;
use crate::document::rollout::fields::Rollout;
use crate::document::rollout::parse::field_parser::FieldParser;
use crate::document::rollout::plan::model::RolloutPlan;
use crate::document::rollout::plan::parse::checks::check_plan;
use crate::document::rollout::plan::parse::draft::PlanDraft;
use crate::document::rollout::plan::parse::resolve::resolve_plan;
use crate::document::rollout::ring::Rings;
use crate::document::schema;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// Parses the plan of a rollout whose other fields are known. `None` if it is invalid: the flag itself is not.
pub fn parse_plan(
    parser: &mut FieldParser<'_>,
    node: &Node,
    rollout: &Rollout,
    rings: &Rings,
) -> Option<Arc<RolloutPlan>> {
    let mut parser = FieldParser {
        flag: parser.flag,
        variants: parser.variants,
        report: &mut *parser.report,
        code: Code::Plan,
        faulty: false,
    };
    let draft = parse_draft(&mut parser, node, rings)?;
    let plan = resolve_plan(&mut parser, draft, rollout, rings);
    check_plan(&mut parser, &plan, rollout, node.position);
    (!parser.faulty).then(|| Arc::new(plan.plan))
}

fn parse_draft(parser: &mut FieldParser<'_>, node: &Node, rings: &Rings) -> Option<PlanDraft> {
    if matches!(node.kind, NodeKind::Null) {
        return None;
    }
    if is_schedule(node) {
        return Some(parser.parse_schedule(node));
    }
    if is_pipeline(node) {
        return Some(parser.parse_pipeline(node));
    }
    if node.as_map().is_none() && !matches!(node.kind, NodeKind::List(_)) {
        let help = "write it as an object, for instance `{ template: careful }`";
        let what = format!("is {}", node.type_name());
        parser.report_invalid(node.position, "rollout.plan", what, help);
        return None;
    }
    Some(parser.parse_plan_fields(node, rings))
}

/// The stages of a plan in any form: a list of stages is a plan, too.
fn stages_of(node: &Node) -> &[Node] {
    match node.kind {
        NodeKind::List(_) => node.items_or_self(),
        _ => node.member("stages").map_or(&[], Node::items_or_self),
    }
}

/// Returns true if a member is only in schedules: criteria of success, or a duration in milliseconds.
fn is_schedule(node: &Node) -> bool {
    let only_here =
        |name: &str| schema::SCHEDULE.field(name).is_some() && schema::PLAN.field(name).is_none();
    let members = node.as_map().unwrap_or_default();
    let is_number = |stage: &Node| {
        let duration = stage.member("duration");
        duration.is_some_and(|duration| matches!(duration.kind, NodeKind::Number(_)))
    };
    members.iter().any(|member| only_here(&member.key)) || stages_of(node).iter().any(is_number)
}

/// Returns true if a stage has a member that only stages of pipelines have.
fn is_pipeline(node: &Node) -> bool {
    let only_here = |name: &str| {
        schema::PIPELINE_STAGE.field(name).is_some() && schema::STAGE.field(name).is_none()
    };
    let of_stage = |stage: &Node| {
        let members = stage.as_map().unwrap_or_default();
        members.iter().any(|member| only_here(&member.key))
    };
    stages_of(node).iter().any(of_stage)
}
