//! The tests of this program over a simulated rollout.

use crate::evidence::alpha;
use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::e_process::absolute_limit::AbsoluteLimit;
use crate::evidence::e_process::absolute_limit::Counted;
use crate::evidence::e_process::absolute_limit::LimitState;
use crate::evidence::e_process::assignment_check;
use crate::evidence::e_process::comparison::Comparison;
use crate::evidence::e_process::must_not_fall::MustNotFall;
use crate::evidence::e_process::share_bet::ShareBet;
use crate::evidence::e_process::start_mixture::StartMixture;
use crate::evidence::log_math::ln;
use crate::evidence::simulation::traffic::SimulatedMinute;

/// The tests, in the order of the tables.
pub const TESTS: [&str; 6] = [
    "no worse",
    "share bet",
    "limit 2 %",
    "must not fall",
    "together",
    "assignment",
];

/// The tests of a rollout.
#[derive(Debug, Clone)]
pub struct GuardedRollout {
    alpha: f64,
    comparison: Comparison,
    bet: ShareBet,
    limit: AbsoluteLimit,
    must_not_fall: MustNotFall,
    stage: StageEvidence,
}

/// The states of a stage.
#[derive(Debug, Clone, Default)]
struct StageEvidence {
    index: usize,
    compared: StartMixture<6>,
    bets: StartMixture<6>,
    limited: LimitState,
    bought: StartMixture<6>,
    exposed: ArmCounts,
}

impl GuardedRollout {
    /// The tests with an alpha for the whole rollout, divided equally over `stages`.
    pub fn new(alpha: f64, stages: usize) -> GuardedRollout {
        GuardedRollout {
            alpha: alpha / stages as f64,
            comparison: Comparison::new(1.0),
            bet: ShareBet::new(1.0),
            limit: AbsoluteLimit::new(0.02, Counted::Units),
            must_not_fall: MustNotFall::new(0.0),
            stage: StageEvidence::default(),
        }
    }

    /// Adds a minute and returns which tests say that the treatment has regressed.
    pub fn look(&mut self, minute: &SimulatedMinute) -> [bool; 6] {
        if self.stage.index != minute.stage.0 {
            self.stage = StageEvidence {
                index: minute.stage.0,
                ..StageEvidence::default()
            };
        }
        let t = minute.index as u64 * 60;
        let threshold = alpha::log_threshold(self.alpha);
        let stage = &mut self.stage;
        let factors = self.comparison.log_factors(minute.at_risk, minute.failed);
        stage.compared.advance(t, &factors.unwrap_or_default());
        let factors = self.bet.log_factors(minute.requests, minute.errors);
        stage.bets.advance(t, &factors.unwrap_or_default());
        let looked = (minute.active, minute.failed, minute.failed);
        stage.limited.advance(&self.limit, t, looked, threshold);
        let factors = self
            .must_not_fall
            .log_factors(minute.may_buy, minute.bought);
        stage.bought.advance(t, &factors.unwrap_or_default());
        stage.exposed = stage.exposed.plus(minute.exposed);
        stage.alarms(minute.stage.1, threshold)
    }
}

impl StageEvidence {
    fn alarms(&self, share: f64, threshold: f64) -> [bool; 6] {
        let compared = self.compared.log_e();
        let limited = self.limited.mixture.log_e();
        let bought = self.bought.log_e();
        let together = alpha::combined_log_e(&[(1.0, compared), (1.0, limited), (1.0, bought)]);
        let exposed = [self.exposed.control, self.exposed.treatment];
        let assignment = assignment_check::log_e(&exposed, &[1.0 - share, share]);
        [
            compared >= threshold,
            self.bets.log_e() >= threshold,
            limited >= threshold,
            bought >= threshold,
            together >= threshold,
            assignment >= ln(assignment_check::MISMATCH),
        ]
    }
}
