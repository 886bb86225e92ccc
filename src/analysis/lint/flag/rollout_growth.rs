//! Lints of the growth of a rollout: a ramp that nothing can stop, and stages of a plan that are not sticky.

use crate::analysis::flag_file::flag_view::FlagView;
use crate::diag::Code;
use crate::diag::DiagnosticSink;
use crate::stickiness::plan::plan_violations;

/// Reports ramps that grow by the clock alone, and stages of plans that take a variant from users.
pub fn check(subject: &FlagView<'_>, report: &mut DiagnosticSink) {
    let flag = subject.flag;
    let Some(fields) = &flag.rollout_fields else {
        return;
    };
    for rollout in &fields.rollouts {
        if rollout.ramp.is_some_and(|ramp| !ramp.reverse) && rollout.plan.is_none() {
            let message = format!(
                "`rollout.ramp` of flag `{}` grows by the clock alone, whatever happens",
                flag.key
            );
            let help = "write a `plan` with guardrails or approvals; for equal steps: `plan: { template: linear, hold: 12h }`";
            report.warn(Code::UngatedRamp, rollout.position, message, help);
        }
    }
    for violation in plan_violations(flag, 0) {
        let message = format!("a stage of `rollout.plan`: {}", violation.message);
        let help = violation.help;
        report.error(violation.code, violation.position, message, help);
    }
}
