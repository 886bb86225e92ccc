//! Many runs of a setting, with the minute of the first alarm of each rule.

use crate::evidence::simulation::guarded_rollout::GuardedRollout;
use crate::evidence::simulation::guarded_rollout::TESTS;
use crate::evidence::simulation::oracle::ORACLES;
use crate::evidence::simulation::oracle::Oracle;
use crate::evidence::simulation::random::RandomStream;
use crate::evidence::simulation::rival::RIVALS;
use crate::evidence::simulation::rival::Rivals;
use crate::evidence::simulation::scenario::TrafficSetting;
use crate::evidence::simulation::traffic::SimulatedTraffic;

/// The number of rules: tests, rivals and oracles.
pub const RULES: usize = TESTS.len() + RIVALS.len() + ORACLES.len();

/// The minute of the first alarm of each rule, in the order tests, rivals, oracles.
pub type FirstAlarms = [Option<usize>; RULES];

/// The names of all rules.
pub fn rule_names() -> impl Iterator<Item = &'static str> {
    TESTS.into_iter().chain(RIVALS).chain(ORACLES)
}

/// Runs a setting once. Equal arguments give equal results.
pub fn run(setting: TrafficSetting, alpha: f64, seed: u64, index: u64) -> FirstAlarms {
    let mut first = [None; RULES];
    let mut tests = GuardedRollout::new(alpha, setting.stages.len());
    let mut rivals = Rivals::default();
    let mut oracle = Oracle::new(setting.effect);
    for minute in SimulatedTraffic::new(setting, RandomStream::new(seed, index)) {
        let tests = tests.look(&minute);
        let rivals = rivals.look(&minute);
        let oracles = oracle.look(&minute, alpha);
        let alarms = tests.iter().chain(&rivals).chain(&oracles);
        for (first, alarm) in first.iter_mut().zip(alarms) {
            if *alarm && first.is_none() {
                *first = Some(minute.index);
            }
        }
    }
    first
}
