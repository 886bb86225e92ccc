//! A guardrail: one test over a stage, with a state that each look moves on.

pub mod kind;
mod process;

use crate::evidence::alpha;
use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::arm_counts::LookCounts;
use crate::evidence::data_guard::CheckedCounts;
use crate::evidence::data_guard::DataGuard;
use crate::evidence::e_process::assignment_check::MISMATCH;
use crate::evidence::guardrail::kind::GuardrailKind;
use crate::evidence::guardrail::process::EvidenceProcess;
use crate::evidence::log_math::ln;
use crate::evidence::state_values::StateValues;
use crate::evidence::verdict::Assessment;
use crate::evidence::verdict::InvalidReason;
use crate::evidence::verdict::Numbers;
use crate::evidence::verdict::Verdict;

/// The state of a guardrail over the looks of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct GuardrailState {
    guard: DataGuard,
    at_risk: ArmCounts,
    failed: ArmCounts,
    looks: u64,
    invalid_looks: u64,
    regressed: bool,
    healthy: bool,
    process: EvidenceProcess,
}

impl GuardrailState {
    /// The state before the first look.
    pub fn new(guardrail: &GuardrailKind) -> GuardrailState {
        GuardrailState {
            guard: DataGuard::default(),
            at_risk: ArmCounts::default(),
            failed: ArmCounts::default(),
            looks: 0,
            invalid_looks: 0,
            regressed: false,
            healthy: false,
            process: EvidenceProcess::new(guardrail),
        }
    }

    /// Returns the state as finite numbers.
    pub fn to_values(&self) -> Vec<f64> {
        let mut values = Vec::new();
        self.guard.write_values(&mut values);
        for counts in [self.at_risk, self.failed] {
            counts.control.write_values(&mut values);
            counts.treatment.write_values(&mut values);
        }
        self.looks.write_values(&mut values);
        self.invalid_looks.write_values(&mut values);
        u64::from(self.regressed).write_values(&mut values);
        u64::from(self.healthy).write_values(&mut values);
        self.process.write_values(&mut values);
        values
    }

    /// Reads a state of this guardrail; `None` if it is the state of another kind.
    pub fn from_values(guardrail: &GuardrailKind, values: &[f64]) -> Option<GuardrailState> {
        let mut values = values.iter().copied();
        let values = &mut values;
        let guard = StateValues::read_values(values)?;
        let mut count = || u64::read_values(values);
        let at_risk = ArmCounts::new(count()?, count()?);
        let failed = ArmCounts::new(count()?, count()?);
        let (looks, invalid_looks) = (count()?, count()?);
        let (regressed, healthy) = (count()? == 1, count()? == 1);
        let process = EvidenceProcess::read_values(guardrail, values)?;
        let state = GuardrailState {
            guard,
            at_risk,
            failed,
            looks,
            invalid_looks,
            regressed,
            healthy,
            process,
        };
        values.next().is_none().then_some(state)
    }
}

/// Adds a look. Equal arguments give equal bits on every machine.
///
/// `alpha` is the chance of a false alarm that this guardrail may take in this stage. A regression stays: later looks
/// cannot withdraw it.
pub fn look(
    guardrail: &GuardrailKind,
    alpha: f64,
    mut state: GuardrailState,
    counts: &LookCounts,
) -> (GuardrailState, Assessment) {
    let threshold = alpha::log_threshold(alpha);
    let checked = state.guard.check(counts, guardrail.demands());
    match checked {
        CheckedCounts::Counts(at_risk, failed) => {
            let possibly = counts.possibly_failed.unwrap_or(failed);
            let looked = (at_risk, failed, possibly);
            state
                .process
                .advance(guardrail, counts.t, looked, threshold);
            state.at_risk = at_risk;
            state.failed = state.failed.plus(failed);
            state.looks += 1;
            state.regressed |= state.process.log_e() >= threshold && guardrail.can_regress();
            state.healthy |= state.process.log_proof(guardrail) >= threshold;
        }
        CheckedCounts::Invalid(_) => state.invalid_looks += 1,
        CheckedCounts::NoData => {}
    }
    let verdict = state.verdict(checked, threshold);
    let numbers = Numbers {
        log_threshold: threshold,
        at_risk: state.at_risk,
        failed: state.failed,
        looks: state.looks,
        invalid_looks: state.invalid_looks,
        ratio: state.process.ratio_bounds(alpha),
    };
    let log_e = state.process.log_e();
    (
        state,
        Assessment {
            log_e,
            verdict,
            numbers,
        },
    )
}

impl GuardrailState {
    /// The judgement, protective verdicts first.
    fn verdict(&self, checked: CheckedCounts, threshold: f64) -> Verdict {
        if self.regressed {
            return Verdict::Regressed;
        }
        match checked {
            CheckedCounts::Invalid(reason) => Verdict::Invalid(reason),
            CheckedCounts::NoData => Verdict::NoData,
            CheckedCounts::Counts(..) if self.process.is_shared_incident(threshold) => {
                Verdict::SharedIncident
            }
            CheckedCounts::Counts(..) if self.healthy => Verdict::Healthy,
            CheckedCounts::Counts(..) => Verdict::Undecided,
        }
    }
}

/// Returns the verdict of an assignment check: `None` while the counts agree with the weights.
pub fn assignment_fault(log_e: f64) -> Option<InvalidReason> {
    (log_e >= ln(MISMATCH)).then_some(InvalidReason::AssignmentMismatch)
}
