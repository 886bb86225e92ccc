//! Rules that others use, over the same traffic as a dashboard shows it.

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::simulation::scenario::MINUTES;
use crate::evidence::simulation::traffic::SimulatedMinute;
use crate::evidence::threshold_rule::RuleLook;
use crate::evidence::threshold_rule::RuleState;
use crate::evidence::threshold_rule::ThresholdRule;

/// The rules, in the order of the tables.
pub const RIVALS: [&str; 9] = [
    "5 % or 3×, since start",
    "5 % or 3×, 10 min",
    "same, strict",
    "> 1 % over 15 min",
    "> 1 % per minute",
    "criteria at the end",
    "Argo style",
    "Flagger style",
    "z-test per minute",
];

/// Quantile of the normal distribution for a one-sided test at 5 %.
const Z_QUANTILE: f64 = 1.644_853_626_951_472_7;

/// Looks over which the checks of Argo Rollouts and Flagger take a rate.
const CHECK_WINDOW: ThresholdRule = ThresholdRule::Windowed {
    max: 0.01,
    max_latency: None,
    window: 5,
};

/// All rules over a run.
#[derive(Debug, Clone)]
pub struct Rivals {
    rules: [(ThresholdRule, RuleState); 6],
    argo: FailedChecks,
    flagger: FailedChecks,
    units: ArmCounts,
    bad: ArmCounts,
}

/// A rule that counts failed checks.
#[derive(Debug, Clone, Default)]
struct FailedChecks {
    state: RuleState,
    failed: usize,
}

impl Default for Rivals {
    fn default() -> Rivals {
        let relative = |window, strict| ThresholdRule::AbsoluteOrRelative {
            absolute: 0.05,
            multiple: 3.0,
            min_units: 200,
            window,
            strict,
        };
        let rules = [
            relative(None, false),
            relative(Some(10), false),
            relative(None, true),
            ThresholdRule::Windowed {
                max: 0.01,
                max_latency: None,
                window: 15,
            },
            ThresholdRule::TwoLimits {
                max: 0.01,
                max_latency: None,
            },
            ThresholdRule::Criteria {
                max: 0.01,
                max_latency: None,
                min_units: 1000,
                looks: MINUTES,
            },
        ];
        Rivals {
            rules: rules.map(|rule| (rule, RuleState::default())),
            argo: FailedChecks::default(),
            flagger: FailedChecks::default(),
            units: ArmCounts::default(),
            bad: ArmCounts::default(),
        }
    }
}

impl Rivals {
    /// Adds a minute and returns which rules trip.
    pub fn look(&mut self, minute: &SimulatedMinute) -> [bool; 9] {
        let look = RuleLook {
            units: minute.seen_requests,
            bad: minute.seen_errors,
            latency: None,
        };
        self.units = self.units.plus(look.units);
        self.bad = self.bad.plus(look.bad);
        let mut trips = [false; 9];
        for ((rule, state), trips) in self.rules.iter_mut().zip(&mut trips) {
            *trips = rule.trips(state, look);
        }
        // Argo Rollouts: every 5 minutes, failed when more than 3 measurements failed. Flagger: every minute, failed when 5
        // checks failed. Both take the rate over 5 minutes, the window of the metrics in their documentation.
        let argo = self.argo.count(look, minute.index % 5 == 4) > 3;
        let flagger = self.flagger.count(look, true) >= 5;
        let others = [argo, flagger, z_test(self.units, self.bad)];
        for (trips, other) in trips.iter_mut().skip(self.rules.len()).zip(others) {
            *trips = other;
        }
        trips
    }
}

impl FailedChecks {
    fn count(&mut self, look: RuleLook, is_due: bool) -> usize {
        let fails = CHECK_WINDOW.trips(&mut self.state, look);
        self.failed += usize::from(fails && is_due);
        self.failed
    }
}

/// The test of two proportions with pooled variance, on all counts so far.
fn z_test(units: ArmCounts, bad: ArmCounts) -> bool {
    let (control, treatment) = (units.control as f64, units.treatment as f64);
    let pooled = bad.total() as f64 / (control + treatment);
    let variance = pooled * (1.0 - pooled) * (1.0 / control + 1.0 / treatment);
    let difference = bad.treatment as f64 / treatment - bad.control as f64 / control;
    variance > 0.0 && difference > Z_QUANTILE * libm::sqrt(variance)
}
