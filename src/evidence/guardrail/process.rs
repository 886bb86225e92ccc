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
use crate::evidence::guardrail::kind::Guardrail;
use crate::evidence::log_math::LOG_ZERO;
use crate::evidence::state_values::StateValues;
use crate::evidence::verdict::RatioBounds;

/// Units at risk, failures, and possible failures of a look.
type Looked = (ArmCounts, ArmCounts, ArmCounts);

/// The state of the mathematics.
#[derive(Debug, Clone, PartialEq)]
pub enum Process {
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

impl Process {
    /// The state before the first look.
    pub fn new(guardrail: &Guardrail) -> Process {
        match guardrail {
            Guardrail::NoWorse { .. }
            | Guardrail::MustNotFall { .. }
            | Guardrail::Health { .. } => Process::Units(Box::default()),
            Guardrail::ShareBet { .. } => Process::Events(StartMixture::default()),
            Guardrail::Limit { .. } | Guardrail::Latency { .. } => {
                Process::Limit(LimitState::default())
            }
        }
    }

    /// Adds a valid look.
    pub fn advance(&mut self, guardrail: &Guardrail, t: u64, looked: Looked, threshold: f64) {
        let (at_risk, failed, _) = looked;
        match self {
            Process::Units(process) => process.advance(guardrail, t, at_risk, failed),
            Process::Events(mixture) => {
                let bet = ShareBet::new(allowed_ratio(guardrail));
                let factors = bet.log_factors(at_risk, failed).unwrap_or_default();
                mixture.advance(t, &factors);
            }
            Process::Limit(state) => {
                if let Some(limit) = limit(guardrail) {
                    state.advance(&limit, t, looked, threshold);
                }
            }
        }
    }

    /// Returns the logarithm of the e-value of a regression; of health for a proof alone.
    pub fn log_e(&self) -> f64 {
        match self {
            Process::Units(process) if process.mixture.starts > 0 => process.mixture.log_e(),
            Process::Units(process) => process.proof.log_e(),
            Process::Events(mixture) => mixture.log_e(),
            Process::Limit(state) => state.mixture.log_e(),
        }
    }

    /// Returns the logarithm of the e-value of health.
    pub fn log_proof(&self, guardrail: &Guardrail) -> f64 {
        match (self, guardrail) {
            (
                Process::Units(process),
                Guardrail::NoWorse { proof: Some(_), .. } | Guardrail::Health { .. },
            ) => process.proof.log_e(),
            (Process::Limit(state), _) => state.proof.log_e(),
            (Process::Units(_) | Process::Events(_), _) => LOG_ZERO,
        }
    }

    /// Returns true if both arms are beyond an absolute limit.
    pub fn is_shared_incident(&self, threshold: f64) -> bool {
        matches!(self, Process::Limit(state) if state.is_shared(threshold))
    }

    /// Returns the bounds of the ratio of rates, if units are compared.
    pub fn ratio_bounds(&self, alpha: f64) -> Option<RatioBounds> {
        match self {
            Process::Units(process) => Some(process.ratio.bounds(alpha)),
            Process::Events(_) | Process::Limit(_) => None,
        }
    }

    /// Appends the numbers of the state.
    pub fn write_values(&self, out: &mut Vec<f64>) {
        match self {
            Process::Units(process) => {
                process.mixture.write_values(out);
                process.proof.write_values(out);
                process.ratio.write_values(out);
            }
            Process::Events(mixture) => mixture.write_values(out),
            Process::Limit(state) => state.write_values(out),
        }
    }

    /// Reads the state of a guardrail.
    pub fn read_values(
        guardrail: &Guardrail,
        values: &mut impl Iterator<Item = f64>,
    ) -> Option<Process> {
        Some(match Process::new(guardrail) {
            Process::Units(_) => Process::Units(Box::new(UnitProcess {
                mixture: StateValues::read_values(values)?,
                proof: StateValues::read_values(values)?,
                ratio: StateValues::read_values(values)?,
            })),
            Process::Events(_) => Process::Events(StateValues::read_values(values)?),
            Process::Limit(_) => Process::Limit(StateValues::read_values(values)?),
        })
    }
}

impl UnitProcess {
    fn advance(&mut self, guardrail: &Guardrail, t: u64, at_risk: ArmCounts, failed: ArmCounts) {
        let factors = match guardrail {
            Guardrail::MustNotFall { margin } => {
                MustNotFall::new(*margin).log_factors(at_risk, failed)
            }
            Guardrail::NoWorse { margin, .. } => {
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

fn proof(guardrail: &Guardrail) -> Option<HealthProof> {
    match guardrail {
        Guardrail::NoWorse { proof, .. } => proof.map(HealthProof::new),
        Guardrail::Health { margin } => Some(HealthProof::new(*margin)),
        Guardrail::ShareBet { .. }
        | Guardrail::Limit { .. }
        | Guardrail::Latency { .. }
        | Guardrail::MustNotFall { .. } => None,
    }
}

fn allowed_ratio(guardrail: &Guardrail) -> f64 {
    match guardrail {
        Guardrail::NoWorse { margin, .. } | Guardrail::ShareBet { margin } => 1.0 + margin,
        Guardrail::MustNotFall { .. }
        | Guardrail::Limit { .. }
        | Guardrail::Latency { .. }
        | Guardrail::Health { .. } => 1.0,
    }
}

fn limit(guardrail: &Guardrail) -> Option<AbsoluteLimit> {
    match guardrail {
        Guardrail::Limit { max, counted } => Some(AbsoluteLimit::new(*max, *counted)),
        Guardrail::Latency { max } => Some(AbsoluteLimit::new(*max, Counted::Events)),
        Guardrail::NoWorse { .. }
        | Guardrail::ShareBet { .. }
        | Guardrail::MustNotFall { .. }
        | Guardrail::Health { .. } => None,
    }
}
