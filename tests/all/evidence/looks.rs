//! Looks at a guardrail, for the other tests.

use fanion::evidence::arm_counts::ArmCounts;
use fanion::evidence::arm_counts::LookCounts;
use fanion::evidence::guardrail;
use fanion::evidence::guardrail::GuardrailState;
use fanion::evidence::guardrail::kind::GuardrailKind;
use fanion::evidence::verdict::Assessment;

/// The comparison with the control without margin.
pub const COMPARE: GuardrailKind = GuardrailKind::NoWorse {
    margin: 0.0,
    proof: None,
};

/// A look; each pair is control, treatment.
pub fn counts(t: u64, at_risk: (u64, u64), failed: (u64, u64)) -> LookCounts {
    LookCounts::new(
        t,
        ArmCounts::new(at_risk.0, at_risk.1),
        ArmCounts::new(failed.0, failed.1),
    )
}

/// Returns the assessments of all looks at alpha 5 %.
pub fn assess(guardrail: &GuardrailKind, looks: &[LookCounts]) -> Vec<Assessment> {
    assess_at(guardrail, 0.05, looks)
}

/// Returns the assessments of all looks.
pub fn assess_at(guardrail: &GuardrailKind, alpha: f64, looks: &[LookCounts]) -> Vec<Assessment> {
    let mut state = GuardrailState::new(guardrail);
    let mut assessments = Vec::new();
    for look in looks {
        let (next, assessment) = guardrail::look(guardrail, alpha, state, look);
        state = next;
        assessments.push(assessment);
    }
    assessments
}

/// Returns the last assessment.
pub fn last(guardrail: &GuardrailKind, looks: &[LookCounts]) -> Assessment {
    *assess(guardrail, looks).last().unwrap()
}
