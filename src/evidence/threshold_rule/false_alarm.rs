//! The chance that a threshold rule trips although control and treatment are equal.

use crate::evidence::arm_counts::ArmCounts;
use crate::evidence::simulation::interval::wilson_bounds;
use crate::evidence::simulation::random::RandomStream;
use crate::evidence::threshold_rule::RuleLook;
use crate::evidence::threshold_rule::RuleState;
use crate::evidence::threshold_rule::ThresholdRule;

/// What was observed so far, from which the chance is estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HealthyTraffic {
    /// Units of both arms per look.
    pub units_per_look: u64,
    /// The treatment's share of them.
    pub share: f64,
    /// The share of units with errors.
    pub base_rate: f64,
    /// Looks in the time that is asked about.
    pub looks: usize,
}

/// An estimate from simulated runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FalseAlarmEstimate {
    /// The part of the runs in which the rule tripped.
    pub probability: f64,
    /// Bounds with 99 % confidence.
    pub bounds: (f64, f64),
}

/// Looks of all runs together; more would take longer than a person waits.
const MOST_LOOKS: usize = 400_000;

/// Estimates the chance with independent units. Real traffic, in which errors come in clusters, has a higher one.
pub fn estimate(rule: &ThresholdRule, traffic: &HealthyTraffic, seed: u64) -> FalseAlarmEstimate {
    let runs = (MOST_LOOKS / traffic.looks.max(1)).clamp(20, 2000);
    let tripped =
        (0..runs).filter(|run| trips_once(rule, traffic, RandomStream::new(seed, *run as u64)));
    let tripped = tripped.count();
    FalseAlarmEstimate {
        probability: tripped as f64 / runs as f64,
        bounds: wilson_bounds(tripped, runs),
    }
}

fn trips_once(rule: &ThresholdRule, traffic: &HealthyTraffic, mut random: RandomStream) -> bool {
    let mut state = RuleState::default();
    let mean_treatment = traffic.units_per_look as f64 * traffic.share;
    (0..traffic.looks).any(|_| {
        let treatment = about(&mut random, mean_treatment).min(traffic.units_per_look);
        let units = ArmCounts::new(traffic.units_per_look - treatment, treatment);
        let look = RuleLook {
            units,
            bad: ArmCounts {
                control: failures(&mut random, units.control, traffic.base_rate),
                treatment: failures(&mut random, units.treatment, traffic.base_rate),
            },
            latency: None,
        };
        rule.trips(&mut state, look)
    })
}

/// A Poisson number, or beyond 50 its normal approximation, so that the time does not grow with the traffic.
fn about(random: &mut RandomStream, mean: f64) -> u64 {
    if mean < 50.0 {
        return random.poisson(mean);
    }
    normal_count(random, mean, libm::sqrt(mean))
}

/// A binomial number, approximated like that of [`about`].
fn failures(random: &mut RandomStream, units: u64, rate: f64) -> u64 {
    let mean = units as f64 * rate;
    if mean < 50.0 && rate < 0.1 {
        return random.binomial(units, rate);
    }
    let spread = libm::sqrt(mean * (1.0 - rate));
    normal_count(random, mean, spread).min(units)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is rounded and not negative"
)]
fn normal_count(random: &mut RandomStream, mean: f64, spread: f64) -> u64 {
    libm::round(mean + spread * random.normal()).max(0.0) as u64
}
