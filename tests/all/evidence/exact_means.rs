//! The mean of each e-value under its null hypothesis, by enumeration of all outcomes of small counts.

use fanion::evidence::arm_counts::ArmCounts;
use fanion::evidence::e_process::absolute_limit::Counted;
use fanion::evidence::e_process::assignment_check;
use fanion::evidence::e_process::pre_check::PreCheck;
use fanion::evidence::guardrail::kind::GuardrailKind;

use crate::evidence::looks::COMPARE;
use crate::evidence::looks::counts;
use crate::evidence::looks::last;

/// Sums of many products are exact up to this.
const ROUNDING: f64 = 1e-9;

fn choose(n: u64, k: u64) -> f64 {
    (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product()
}

fn binomial(n: u64, k: u64, p: f64) -> f64 {
    choose(n, k) * p.powf(k as f64) * (1.0 - p).powf((n - k) as f64)
}

/// The distribution of the failures of the treatment, given all failures, if the odds of failing differ by a ratio
/// (Fisher's noncentral hypergeometric distribution; without a ratio, the hypergeometric one).
fn failures_of_treatment(at_risk: (u64, u64), failed: u64, ratio: f64) -> Vec<(u64, f64)> {
    let low = failed.saturating_sub(at_risk.0);
    let weight =
        |k: u64| choose(at_risk.1, k) * choose(at_risk.0, failed - k) * ratio.powf(k as f64);
    let all: f64 = (low..=failed.min(at_risk.1)).map(weight).sum();
    (low..=failed.min(at_risk.1))
        .map(|k| (k, weight(k) / all))
        .collect()
}

/// The mean of the e-value over two looks with `failed` failures each, as the second depends on the first.
fn mean_over_two_looks(
    guardrail: &GuardrailKind,
    at_risk: (u64, u64),
    failed: u64,
    distribution: impl Fn((u64, u64), u64) -> Vec<(u64, f64)>,
) -> f64 {
    let mut mean = 0.0;
    for (first, p) in distribution(at_risk, failed) {
        let left = (at_risk.0 - (failed - first), at_risk.1 - first);
        for (second, q) in distribution(left, failed) {
            let looks = [
                counts(0, at_risk, (failed - first, first)),
                counts(700, left, (failed - second, second)),
            ];
            mean += p * q * last(guardrail, &looks).log_e.exp();
        }
    }
    mean
}

#[test]
fn comparison_has_a_mean_of_at_most_one() {
    for at_risk in [(3, 3), (20, 5), (9, 30), (200, 2)] {
        for failed in [1, 2] {
            let equal = |at_risk, failed| failures_of_treatment(at_risk, failed, 1.0);
            let mean = mean_over_two_looks(&COMPARE, at_risk, failed, equal);
            assert!(mean <= 1.0 + ROUNDING, "{at_risk:?} {failed}: {mean}");
            assert!(
                mean > 0.6,
                "{at_risk:?} {failed}: the test loses evidence: {mean}"
            );
        }
    }
}

#[test]
fn comparison_with_margin_has_a_mean_of_at_most_one() {
    let guardrail = GuardrailKind::NoWorse {
        margin: 0.5,
        proof: None,
    };
    for at_risk in [(4, 4), (20, 5), (9, 30)] {
        for ratio in [0.5, 1.0, 1.5] {
            let allowed = |at_risk, failed| failures_of_treatment(at_risk, failed, ratio);
            let mean = mean_over_two_looks(&guardrail, at_risk, 2, allowed);
            assert!(mean <= 1.0 + ROUNDING, "{at_risk:?} {ratio}: {mean}");
        }
    }
}

#[test]
fn wanted_outcome_has_a_mean_of_at_most_one() {
    let guardrail = GuardrailKind::MustNotFall { margin: 0.2 };
    for at_risk in [(4, 4), (20, 5), (9, 30)] {
        for ratio in [0.8, 1.0, 1.3] {
            let allowed = |at_risk, succeeded| failures_of_treatment(at_risk, succeeded, ratio);
            let mean = mean_over_two_looks(&guardrail, at_risk, 2, allowed);
            assert!(mean <= 1.0 + ROUNDING, "{at_risk:?} {ratio}: {mean}");
        }
    }
}

/// Units fail one after the other, each failure with the odds of the units that are left: all orders are enumerated.
fn mean_of_health(
    at_risk: (u64, u64),
    failed: (u64, u64),
    more: u64,
    ratio: f64,
    margin: f64,
) -> f64 {
    if more == 0 {
        let guardrail = GuardrailKind::Health { margin };
        return last(&guardrail, &[counts(0, at_risk, failed)]).log_e.exp();
    }
    let (control, treatment) = (at_risk.0 - failed.0, at_risk.1 - failed.1);
    let odds = ratio * treatment as f64;
    let p = odds / (odds + control as f64);
    let mut mean = 0.0;
    if treatment > 0 {
        mean += p * mean_of_health(at_risk, (failed.0, failed.1 + 1), more - 1, ratio, margin);
    }
    if control > 0 {
        mean +=
            (1.0 - p) * mean_of_health(at_risk, (failed.0 + 1, failed.1), more - 1, ratio, margin);
    }
    mean
}

#[test]
fn proof_of_health_has_a_mean_of_at_most_one() {
    for at_risk in [(3, 3), (20, 5), (9, 30)] {
        for (ratio, margin) in [(1.5, 1.5), (2.0, 1.5), (4.0, 1.5), (3.0, 3.0)] {
            let mean = mean_of_health(at_risk, (0, 0), 4, ratio, margin);
            assert!(
                mean <= 1.0 + ROUNDING,
                "{at_risk:?} {ratio} {margin}: {mean}"
            );
        }
    }
}

#[test]
fn bet_on_clusters_has_a_mean_of_one() {
    // Clusters of 3, 1 and 7 events; each is in the treatment with the probability 0.2.
    let clusters = [3_u64, 1, 7];
    let guardrail = GuardrailKind::ShareBet { margin: 0.0 };
    let mut mean = 0.0;
    for arms in 0..8_u32 {
        let inside = |index: usize| arms >> index & 1 == 1;
        let treatment: u64 = (0..3).filter(|i| inside(*i)).map(|i| clusters[i]).sum();
        let p: f64 = (0..3).map(|i| if inside(i) { 0.2 } else { 0.8 }).product();
        let look = counts(0, (800, 200), (11 - treatment, treatment));
        mean += p * last(&guardrail, &[look]).log_e.exp();
    }
    assert!((mean - 1.0).abs() < ROUNDING, "{mean}");
}

#[test]
fn absolute_limit_has_a_mean_of_at_most_one() {
    for counted in [Counted::Units, Counted::Events] {
        let guardrail = GuardrailKind::Limit { max: 0.1, counted };
        for rate in [0.02, 0.1] {
            let mut mean = 0.0;
            for first in 0..=8 {
                for second in 0..=8 {
                    let looks = [
                        counts(0, (0, 8), (0, first)),
                        counts(400, (0, 8), (0, second)),
                    ];
                    let p = binomial(8, first, rate) * binomial(8, second, rate);
                    mean += p * last(&guardrail, &looks).log_e.exp();
                }
            }
            assert!(mean <= 1.0 + ROUNDING, "{counted:?} {rate}: {mean}");
        }
    }
}

#[test]
fn limit_that_skips_bad_control_has_a_mean_of_at_most_one() {
    let guardrail = GuardrailKind::Limit {
        max: 0.1,
        counted: Counted::Units,
    };
    let mut mean = 0.0;
    for control in 0..=8 {
        for treatment in 0..=8 {
            let look = counts(0, (8, 8), (control, treatment));
            let p = binomial(8, control, 0.3) * binomial(8, treatment, 0.1);
            mean += p * last(&guardrail, &[look]).log_e.exp();
        }
    }
    assert!(mean <= 1.0 + ROUNDING, "{mean}");
}

#[test]
fn assignment_check_has_a_mean_of_one() {
    let weights = [0.7_f64, 0.2, 0.1];
    let mut mean = 0.0;
    let all = 12;
    for first in 0..=all {
        for second in 0..=all - first {
            let counts = [first, second, all - first - second];
            let ways = choose(all, first) * choose(all - first, second);
            let powers = counts.iter().zip(weights);
            let chance: f64 = powers.map(|(count, w)| w.powf(*count as f64)).product();
            mean += ways * chance * assignment_check::log_e(&counts, &weights).exp();
        }
    }
    assert!((mean - 1.0).abs() < ROUNDING, "{mean}");
}

#[test]
fn check_before_the_start_has_a_mean_of_at_most_one() {
    let mut mean = 0.0;
    for (treatment, p) in failures_of_treatment((20, 5), 6, 1.0) {
        let mut check = PreCheck::default();
        check.advance(
            0,
            ArmCounts::new(20, 5),
            ArmCounts::new(6 - treatment, treatment),
        );
        mean += p * check.log_e().exp();
    }
    assert!(mean <= 1.0 + ROUNDING && mean > 0.8, "{mean}");
}
