//! The e-processes of a guardrail.

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::e_process::absolute_limit::AbsoluteLimit;
use crate::evidence::e_process::absolute_limit::Counted;
use crate::evidence::e_process::absolute_limit::LimitState;
use crate::evidence::e_process::comparison::Comparison;
use crate::evidence::e_process::health_proof::HealthProof;
use crate::evidence::e_process::health_proof::ProofState;
use crate::evidence::e_process::must_not_fall::MustNotFall;
use crate::evidence::e_process::ratio_interval::RatioInterval;
use crate::evidence::e_process::share_bet::ShareBet;
use crate::evidence::e_process::start_mixture::StartMixture;
use crate::evidence::guardrail::kind::GuardrailKind;
use crate::evidence::log_math::LOG_ZERO;
use crate::evidence::state_values::StateValues;
use crate::evidence::verdict::RatioBounds;

/// Units at risk, failures, and possible failures of a look.
type Looked = (ArmCounts, ArmCounts, ArmCounts);

/// The state of the mathematics.
#[derive(Debug, Clone, PartialEq)]
pub enum EvidenceProcess {
    /// Against the control, by units.
    Units(Box<UnitProcess>),
    /// Against the control, by events.
    Events(StartMixture<6>),
    /// Against a limit.
    Limit(LimitState),
}

/// Evidence from units: of a regression, of health, and about the ratio.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnitProcess {
    mixture: StartMixture<6>,
    proof: ProofState,
    ratio: RatioInterval,
}

impl EvidenceProcess {
    /// The state before the first look.
    pub fn new(guardrail: &GuardrailKind) -> EvidenceProcess {
        match guardrail {
            GuardrailKind::NoWorse { .. }
            | GuardrailKind::MustNotFall { .. }
            | GuardrailKind::Health { .. } => EvidenceProcess::Units(Box::default()),
            GuardrailKind::ShareBet { .. } => EvidenceProcess::Events(StartMixture::default()),
            GuardrailKind::Limit { .. } | GuardrailKind::Latency { .. } => {
                EvidenceProcess::Limit(LimitState::default())
            }
        }
    }

    /// Adds a valid look.
    pub fn advance(&mut self, guardrail: &GuardrailKind, t: u64, looked: Looked, threshold: f64) {
        let (at_risk, failed, _) = looked;
        match self {
            EvidenceProcess::Units(process) => process.advance(guardrail, t, at_risk, failed),
            EvidenceProcess::Events(mixture) => {
                let bet = ShareBet::new(allowed_ratio(guardrail));
                let factors = bet.log_factors(at_risk, failed).unwrap_or_default();
                mixture.advance(t, &factors);
            }
            EvidenceProcess::Limit(state) => {
                if let Some(limit) = limit(guardrail) {
                    state.advance(&limit, t, looked, threshold);
                }
            }
        }
    }

    /// Returns the logarithm of the e-value of a regression; of health for a proof alone.
    pub fn log_e(&self) -> f64 {
        match self {
            EvidenceProcess::Units(process) if process.mixture.starts > 0 => {
                process.mixture.log_e()
            }
            EvidenceProcess::Units(process) => process.proof.log_e(),
            EvidenceProcess::Events(mixture) => mixture.log_e(),
            EvidenceProcess::Limit(state) => state.mixture.log_e(),
        }
    }

    /// Returns the logarithm of the e-value of health.
    pub fn log_proof(&self, guardrail: &GuardrailKind) -> f64 {
        match (self, guardrail) {
            (
                EvidenceProcess::Units(process),
                GuardrailKind::NoWorse { proof: Some(_), .. } | GuardrailKind::Health { .. },
            ) => process.proof.log_e(),
            (EvidenceProcess::Limit(state), _) => state.proof.log_e(),
            (EvidenceProcess::Units(_) | EvidenceProcess::Events(_), _) => LOG_ZERO,
        }
    }

    /// Returns true if both arms are beyond an absolute limit.
    pub fn is_shared_incident(&self, threshold: f64) -> bool {
        matches!(self, EvidenceProcess::Limit(state) if state.is_shared(threshold))
    }

    /// Returns the bounds of the ratio of rates, if units are compared.
    pub fn ratio_bounds(&self, alpha: f64) -> Option<RatioBounds> {
        match self {
            EvidenceProcess::Units(process) => Some(process.ratio.bounds(alpha)),
            EvidenceProcess::Events(_) | EvidenceProcess::Limit(_) => None,
        }
    }

    /// Appends the numbers of the state.
    pub fn write_values(&self, out: &mut Vec<f64>) {
        match self {
            EvidenceProcess::Units(process) => {
                process.mixture.write_values(out);
                process.proof.write_values(out);
                process.ratio.write_values(out);
            }
            EvidenceProcess::Events(mixture) => mixture.write_values(out),
            EvidenceProcess::Limit(state) => state.write_values(out),
        }
    }

    /// Reads the state of a guardrail.
    pub fn read_values(
        guardrail: &GuardrailKind,
        values: &mut impl Iterator<Item = f64>,
    ) -> Option<EvidenceProcess> {
        Some(match EvidenceProcess::new(guardrail) {
            EvidenceProcess::Units(_) => EvidenceProcess::Units(Box::new(UnitProcess {
                mixture: StateValues::read_values(values)?,
                proof: StateValues::read_values(values)?,
                ratio: StateValues::read_values(values)?,
            })),
            EvidenceProcess::Events(_) => {
                EvidenceProcess::Events(StateValues::read_values(values)?)
            }
            EvidenceProcess::Limit(_) => EvidenceProcess::Limit(StateValues::read_values(values)?),
        })
    }
}

impl UnitProcess {
    fn advance(
        &mut self,
        guardrail: &GuardrailKind,
        t: u64,
        at_risk: ArmCounts,
        failed: ArmCounts,
    ) {
        let factors = match guardrail {
            GuardrailKind::MustNotFall { margin } => {
                MustNotFall::new(*margin).log_factors(at_risk, failed)
            }
            GuardrailKind::NoWorse { margin, .. } => {
                Comparison::new(1.0 + margin).log_factors(at_risk, failed)
            }
            // A proof of health has no e-value of a regression.
            _ => None,
        };
        if let Some(factors) = factors {
            self.mixture.advance(t, &factors);
        }
        if let Some(factors) = proof(guardrail).and_then(|proof| proof.log_factors(at_risk, failed))
        {
            self.proof.advance(&factors);
        }
        self.ratio.advance(at_risk, failed);
    }
}

fn proof(guardrail: &GuardrailKind) -> Option<HealthProof> {
    match guardrail {
        GuardrailKind::NoWorse { proof, .. } => proof.map(HealthProof::new),
        GuardrailKind::Health { margin } => Some(HealthProof::new(*margin)),
        GuardrailKind::ShareBet { .. }
        | GuardrailKind::Limit { .. }
        | GuardrailKind::Latency { .. }
        | GuardrailKind::MustNotFall { .. } => None,
    }
}

fn allowed_ratio(guardrail: &GuardrailKind) -> f64 {
    match guardrail {
        GuardrailKind::NoWorse { margin, .. } | GuardrailKind::ShareBet { margin } => 1.0 + margin,
        GuardrailKind::MustNotFall { .. }
        | GuardrailKind::Limit { .. }
        | GuardrailKind::Latency { .. }
        | GuardrailKind::Health { .. } => 1.0,
    }
}

fn limit(guardrail: &GuardrailKind) -> Option<AbsoluteLimit> {
    match guardrail {
        GuardrailKind::Limit { max, counted } => Some(AbsoluteLimit::new(*max, *counted)),
        GuardrailKind::Latency { max } => Some(AbsoluteLimit::new(*max, Counted::Events)),
        GuardrailKind::NoWorse { .. }
        | GuardrailKind::ShareBet { .. }
        | GuardrailKind::MustNotFall { .. }
        | GuardrailKind::Health { .. } => None,
    }
}
