//! A limit on the share of bad units or events, by odds, with the verdict of an incident that both arms share.

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::e_process::breach_level::BreachLevel;
use crate::evidence::e_process::health_proof::ProofState;
use crate::evidence::e_process::odds_factor::OddsAlternatives;
use crate::evidence::e_process::share_bet::log_bet;
use crate::evidence::e_process::share_bet::odds_scaled;
use crate::evidence::e_process::start_mixture::StartMixture;
use crate::evidence::log_math::ln;
use crate::evidence::state_values::StateValues;

/// Multiples of the odds of the limit.
const ALTERNATIVES: [f64; 5] = [1.3, 1.7, 2.5, 4.0, 8.0];

/// Multiples of the odds of the limit that prove health.
const PROOF_ALTERNATIVES: [f64; 3] = [1.0 / 1.3, 0.5, 0.25];

/// Stakes of the proof from events, as parts of the largest possible one.
const PROOF_STAKES: [f64; 3] = [0.25, 0.5, 0.9];

/// The level of the control from which its intervals are left out: it is more likely beyond the limit than not.
const SUSPICION: f64 = 3.0;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Units, each once. They are independent.
    Units,
    /// Events, which may come in clusters inside an interval.
    Events,
}

/// The null hypothesis: the share of bad ones is at most `max`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AbsoluteLimit {
    max: f64,
    counted: Counted,
    alternatives: OddsAlternatives<5>,
    proof: OddsAlternatives<3>,
}

impl AbsoluteLimit {
    /// A limit above 0 and below 1.
    pub fn new(max: f64, counted: Counted) -> AbsoluteLimit {
        AbsoluteLimit {
            max,
            counted,
            alternatives: OddsAlternatives::new(1.0, ALTERNATIVES),
            proof: OddsAlternatives::new(1.0, PROOF_ALTERNATIVES),
        }
    }

    /// Returns the logarithms of the factors of one arm's look, against "at most `max`".
    pub fn log_factors(&self, units: u64, bad: u64) -> [f64; 5] {
        match self.counted {
            _ if units == 0 => [0.0; 5],
            Counted::Units => self.alternatives.log_factors(bad, units, self.max),
            Counted::Events => {
                let observed = bad as f64 / units as f64;
                ALTERNATIVES.map(|ratio| log_bet(observed, self.max, odds_scaled(self.max, ratio)))
            }
        }
    }

    /// Returns the logarithms of the factors of the treatment's look, against "at least `max`".
    pub fn log_proof_factors(&self, units: u64, bad: u64) -> [f64; 3] {
        match self.counted {
            _ if units == 0 => [0.0; 3],
            Counted::Units => self.proof.log_factors(bad, units, self.max),
            Counted::Events => {
                let below = self.max - bad as f64 / units as f64;
                PROOF_STAKES.map(|part| libm::log1p(part / (1.0 - self.max) * below))
            }
        }
    }
}

/// The state of a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LimitState {
    /// The e-process of the treatment, over the intervals in which the control is not suspicious.
    pub mixture: StartMixture<5>,
    /// The proof that the treatment is below the limit.
    pub proof: ProofState,
    /// Whether the control is beyond the limit now.
    pub control: BreachLevel,
    /// Whether the treatment is beyond the limit now.
    pub treatment: BreachLevel,
}

impl LimitState {
    /// Adds a look. `possibly_bad` counts for the proof.
    ///
    /// An interval in which the control is suspicious is left out. Given the rates, the counts of the control do not depend
    /// on those of the treatment, so this does not make a healthy treatment look worse.
    pub fn advance(
        &mut self,
        limit: &AbsoluteLimit,
        t: u64,
        (units, bad, possibly_bad): (ArmCounts, ArmCounts, ArmCounts),
        log_threshold: f64,
    ) {
        let ceiling = log_threshold + ln(SUSPICION);
        let of_treatment = limit.log_factors(units.treatment, bad.treatment);
        let of_control = limit.log_factors(units.control, bad.control);
        self.treatment.advance(&of_treatment, ceiling);
        self.control.advance(&of_control, ceiling);
        let factors = if self.is_control_suspicious() {
            [0.0; 5]
        } else {
            of_treatment
        };
        self.mixture.advance(t, &factors);
        let proof = limit.log_proof_factors(units.treatment, possibly_bad.treatment);
        self.proof.advance(&proof);
    }

    fn is_control_suspicious(&self) -> bool {
        self.control.highest() >= ln(SUSPICION)
    }

    /// Returns true if both arms are beyond the limit now.
    pub fn is_shared(&self, log_threshold: f64) -> bool {
        let treatment = self.treatment.highest() >= log_threshold;
        treatment && self.control.highest() >= log_threshold
    }
}

impl StateValues for LimitState {
    fn write_values(&self, out: &mut Vec<f64>) {
        self.mixture.write_values(out);
        self.proof.write_values(out);
        self.control.write_values(out);
        self.treatment.write_values(out);
    }

    fn read_values(values: &mut impl Iterator<Item = f64>) -> Option<LimitState> {
        Some(LimitState {
            mixture: StateValues::read_values(values)?,
            proof: StateValues::read_values(values)?,
            control: StateValues::read_values(values)?,
            treatment: StateValues::read_values(values)?,
        })
    }
}
