//! Threshold rules trip as they are printed in the documents that they come from.

use fanion::evidence::arm_counts::ArmCounts;
use fanion::evidence::detection::PlannedRollout;
use fanion::evidence::detection::divergence;
use fanion::evidence::threshold_rule::RuleLook;
use fanion::evidence::threshold_rule::RuleState;
use fanion::evidence::threshold_rule::ThresholdRule;
use fanion::evidence::threshold_rule::false_alarm;
use fanion::evidence::threshold_rule::false_alarm::HealthyTraffic;

fn look(units: (u64, u64), bad: (u64, u64)) -> RuleLook {
    RuleLook {
        units: ArmCounts::new(units.0, units.1),
        bad: ArmCounts::new(bad.0, bad.1),
        latency: None,
    }
}

fn trips(rule: &ThresholdRule, looks: &[RuleLook]) -> bool {
    let mut state = RuleState::default();
    looks
        .iter()
        .fold(false, |_, look| rule.trips(&mut state, *look))
}

fn absolute_or_relative(strict: bool) -> ThresholdRule {
    ThresholdRule::AbsoluteOrRelative {
        absolute: 0.05,
        multiple: 3.0,
        min_units: 200,
        window: None,
        strict,
    }
}

#[test]
fn absolute_or_relative_needs_enough_sessions() {
    let rule = absolute_or_relative(false);
    assert!(!trips(&rule, &[look((1000, 199), (1, 199))]));
    assert!(trips(&rule, &[look((1000, 200), (9, 11))]));
    assert!(
        !trips(&rule, &[look((1000, 200), (50, 10))]),
        "5 % is not above 5 %"
    );
    assert!(
        trips(&rule, &[look((1000, 200), (9, 6))]),
        "3 % is above three times 0.9 %"
    );
    assert!(
        !trips(&rule, &[look((1000, 200), (10, 6))]),
        "3 % is not above three times 1 %"
    );
    assert!(trips(
        &rule,
        &[look((500, 100), (4, 3)), look((500, 100), (5, 3))]
    ));
}

#[test]
fn relative_part_needs_control_errors_unless_strict() {
    for units in [(0, 200), (1000, 200)] {
        assert!(!trips(&absolute_or_relative(false), &[look(units, (0, 1))]));
        assert!(trips(&absolute_or_relative(true), &[look(units, (0, 1))]));
        assert!(trips(&absolute_or_relative(false), &[look(units, (0, 11))]));
    }
}

#[test]
fn windowed_rule_forgets_looks_before_its_window() {
    let rule = ThresholdRule::Windowed {
        max: 0.01,
        max_latency: Some(500.0),
        window: 2,
    };
    let bad = look((0, 100), (0, 3));
    let good = look((0, 100), (0, 0));
    assert!(trips(&rule, &[bad, good]));
    assert!(!trips(&rule, &[bad, good, good]));
    let slow = RuleLook {
        latency: Some(501.0),
        ..good
    };
    assert!(trips(&rule, &[slow]));
    assert!(!trips(
        &rule,
        &[RuleLook {
            latency: Some(500.0),
            ..good
        }]
    ));
}

#[test]
fn two_limits_judge_each_look() {
    let rule = ThresholdRule::TwoLimits {
        max: 0.01,
        max_latency: Some(200.0),
    };
    assert!(!trips(&rule, &[look((0, 1000), (0, 10))]));
    assert!(trips(&rule, &[look((0, 1000), (0, 11))]));
    let slow = RuleLook {
        latency: Some(201.0),
        ..look((0, 1000), (0, 0))
    };
    assert!(trips(&rule, &[slow]));
    assert!(!trips(&rule, &[slow, look((0, 1000), (0, 0))]));
}

#[test]
fn three_criteria_are_judged_at_the_end_of_the_stage() {
    let rule = |min_units| ThresholdRule::Criteria {
        max: 0.01,
        max_latency: Some(500.0),
        min_units,
        looks: 2,
    };
    let bad = look((0, 500), (0, 400));
    let good = look((0, 500), (0, 5));
    assert!(!trips(&rule(1000), &[bad]));
    assert!(trips(&rule(1000), &[good, bad]));
    assert!(
        !trips(&rule(1000), &[good, good]),
        "1 % and 1,000 units pass"
    );
    assert!(
        trips(&rule(1001), &[good, good]),
        "too few units do not pass"
    );
    let slow = RuleLook {
        latency: Some(500.1),
        ..good
    };
    assert!(trips(&rule(1000), &[good, slow]));
}

#[test]
fn false_alarms_of_a_single_look_equal_the_exact_chance() {
    let traffic = HealthyTraffic {
        units_per_look: 1000,
        share: 0.5,
        base_rate: 0.008,
        looks: 1,
    };
    let rule = ThresholdRule::TwoLimits {
        max: 0.01,
        max_latency: None,
    };
    let estimate = false_alarm::estimate(&rule, &traffic, 1);
    // 0.371 if 5 failures of nearly Poisson(4) suffice, 0.215 if it takes 6: half of the arms are smaller than 500.
    let (low, high) = estimate.bounds;
    assert!(low < 0.293 && high > 0.293, "{estimate:?}");
    let day = HealthyTraffic {
        looks: 200,
        ..traffic
    };
    assert!(false_alarm::estimate(&rule, &day, 1).probability > 0.99);
}

#[test]
fn planned_failures_are_the_threshold_over_the_divergence() {
    let rollout = PlannedRollout {
        share: 0.1,
        units_per_minute: 600.0,
        base_rate: 0.008,
        alpha: 0.05,
    };
    let three = rollout.detection(3.0).unwrap();
    assert!((three.failures - 20.0_f64.ln() / divergence(0.25, 0.1)).abs() < 1e-9);
    assert!((three.minutes - three.failures / 5.76).abs() < 1e-9);
    assert!(three.most_minutes > three.minutes && three.most_minutes < 12.0);
    assert_eq!(rollout.detection(126.0), None);
    assert_eq!(rollout.detection(1.0), None);
    let smallest = rollout.smallest_ratio(60.0).unwrap();
    let time = rollout.detection(smallest).unwrap();
    assert!(
        (time.most_minutes - 60.0).abs() < 1e-6,
        "{smallest} {time:?}"
    );
    assert_eq!(
        PlannedRollout {
            units_per_minute: 1e-9,
            ..rollout
        }
        .smallest_ratio(60.0),
        None
    );
}
