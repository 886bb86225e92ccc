//! Contradictory counts: they are refused as a whole, and never lead to a false verdict.

use fanion::evidence::arm_counts::ArmSeries;
use fanion::evidence::arm_counts::LookCounts;
use fanion::evidence::data_guard;
use fanion::evidence::data_guard::SettleWindow;
use fanion::evidence::e_process::absolute_limit::Counted;
use fanion::evidence::e_process::latency_bracket::LatencyBracket;
use fanion::evidence::guardrail::assignment_fault;
use fanion::evidence::guardrail::kind::GuardrailKind;
use fanion::evidence::verdict::InvalidReason;
use fanion::evidence::verdict::Verdict;

use crate::evidence::looks::COMPARE;
use crate::evidence::looks::assess;
use crate::evidence::looks::counts;
use crate::evidence::looks::last;

fn verdicts(looks: &[LookCounts]) -> Vec<Verdict> {
    let assessments = assess(&COMPARE, looks);
    assessments
        .iter()
        .map(|assessment| assessment.verdict)
        .collect()
}

#[test]
fn more_failures_than_units_are_invalid() {
    let looks = [
        counts(0, (90, 10), (0, 0)),
        counts(60, (90, 10), (0, 11)),
        counts(120, (90, 10), (1, 0)),
    ];
    let invalid = Verdict::Invalid(InvalidReason::MoreFailedThanAtRisk);
    assert_eq!(
        verdicts(&looks),
        [Verdict::Undecided, invalid, Verdict::Undecided]
    );
    let numbers = last(&COMPARE, &looks).numbers;
    assert_eq!((numbers.looks, numbers.invalid_looks), (2, 1));
}

#[test]
fn series_missing_from_one_arm_is_invalid() {
    let mut look = counts(60, (90, 10), (3, 0));
    look.failed.treatment = None;
    let invalid = Verdict::Invalid(InvalidReason::ArmVanished);
    assert_eq!(
        verdicts(&[counts(0, (90, 10), (0, 0)), look]),
        [Verdict::Undecided, invalid]
    );
    look.failed = ArmSeries::default();
    assert_eq!(verdicts(&[look]), [Verdict::NoData]);
}

#[test]
fn a_limit_needs_both_series_of_the_control_or_none() {
    let guardrail = GuardrailKind::Limit {
        max: 0.01,
        counted: Counted::Units,
    };
    let mut look = counts(0, (900, 100), (9, 1));
    look.failed.control = None;
    let invalid = Verdict::Invalid(InvalidReason::ArmVanished);
    assert_eq!(last(&guardrail, &[look]).verdict, invalid);
    look.at_risk.control = None;
    assert_eq!(last(&guardrail, &[look]).verdict, Verdict::Undecided);
}

#[test]
fn arm_without_units_is_no_data_until_it_must_have_some() {
    let mut looks = vec![counts(0, (900, 10), (0, 0))];
    looks.extend((1..=4).map(|i| counts(i * 60, (900, 0), (9, 0))));
    let vanished = Verdict::Invalid(InvalidReason::ArmVanished);
    let want = [
        Verdict::Undecided,
        Verdict::NoData,
        vanished,
        vanished,
        vanished,
    ];
    assert_eq!(verdicts(&looks), want);
}

#[test]
fn a_look_out_of_order_is_invalid() {
    let looks = [
        counts(120, (90, 10), (0, 0)),
        counts(60, (90, 10), (0, 9)),
        counts(120, (90, 10), (0, 9)),
    ];
    let reversed = Verdict::Invalid(InvalidReason::TimeReversed);
    assert_eq!(verdicts(&looks), [Verdict::Undecided, reversed, reversed]);
}

#[test]
fn counts_beyond_exact_numbers_are_invalid() {
    let looks = [counts(0, (u64::MAX, u64::MAX), (0, 0))];
    assert_eq!(
        verdicts(&looks),
        [Verdict::Invalid(InvalidReason::NotACount)]
    );
    for value in [-1.0, 0.5, f64::NAN, f64::INFINITY, 1e17] {
        assert_eq!(
            data_guard::whole_number(value),
            Err(InvalidReason::NotACount),
            "{value}"
        );
    }
    assert_eq!(data_guard::whole_number(9e15), Ok(9_000_000_000_000_000));
}

#[test]
fn counter_grows_from_birth_and_after_a_reset() {
    let grown = |before, now| {
        let grown = data_guard::increment(before, now);
        (grown.count, grown.reset)
    };
    assert_eq!(grown(Some(5), 9), (4, false));
    assert_eq!(grown(None, 3), (3, false));
    assert_eq!(grown(Some(9), 2), (2, true));
}

#[test]
fn settle_window_admits_intervals_behind_it() {
    let window = SettleWindow::after_change(100, 60);
    assert_eq!([159, 160].map(|from| window.admits(from)), [false, true]);
    assert!(!SettleWindow::after_change(u64::MAX - 1, 60).admits(5));
}

#[test]
fn swapped_assignment_is_a_mismatch() {
    let log_e = |counts: [u64; 2]| {
        fanion::evidence::e_process::assignment_check::log_e(&counts, &[0.9, 0.1])
    };
    let mismatch = Some(InvalidReason::AssignmentMismatch);
    assert_eq!(assignment_fault(log_e([100, 900])), mismatch);
    assert_eq!(assignment_fault(log_e([900, 100])), None);
}

#[test]
fn latency_between_two_bounds_is_bracketed() {
    let bounds = [0.1, 0.25, 0.5, 1.0, f64::INFINITY];
    let below = |bound: f64| {
        if bound >= 1.0 {
            95
        } else if bound >= 0.5 {
            90
        } else {
            10
        }
    };
    let exact = LatencyBracket::new(bounds, 0.5);
    assert!(exact.is_exact());
    let between = LatencyBracket::new(bounds, 0.7);
    assert_eq!((between.lower, between.upper), (Some(0.5), Some(1.0)));
    let slow = between.slow_events(100, below);
    assert_eq!((slow.certain, slow.possible), (5, 10));
    let beyond = LatencyBracket::new(bounds, 2.0).slow_events(100, below);
    assert_eq!((beyond.certain, beyond.possible), (0, 5));
    let under = LatencyBracket::new(bounds, 0.01).slow_events(100, below);
    assert_eq!((under.certain, under.possible), (90, 100));
}

#[test]
fn latency_is_judged_by_the_bound_that_is_certain() {
    let guardrail = GuardrailKind::Latency { max: 0.05 };
    let look = |t, certain: u64, possible: u64| LookCounts {
        possibly_failed: Some(fanion::evidence::arm_counts::ArmCounts::new(0, possible)),
        ..counts(t, (0, 1000), (0, certain))
    };
    let verdict = |certain, possible| {
        let looks: Vec<_> = (0..400).map(|i| look(i * 60, certain, possible)).collect();
        last(&guardrail, &looks).verdict
    };
    assert_eq!(verdict(200, 300), Verdict::Regressed);
    assert_eq!(verdict(10, 200), Verdict::Undecided);
    assert_eq!(verdict(5, 10), Verdict::Healthy);
}
