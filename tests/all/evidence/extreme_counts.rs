//! Counts at the ends of their ranges: no overflow, no NaN, and every state can be stored as finite numbers.

use fanion::evidence::arm_counts::LookCounts;
use fanion::evidence::e_process::absolute_limit::Counted;
use fanion::evidence::e_process::assignment_check;
use fanion::evidence::guardrail;
use fanion::evidence::guardrail::GuardrailState;
use fanion::evidence::guardrail::kind::GuardrailKind;
use fanion::evidence::verdict::Verdict;

use crate::evidence::looks::COMPARE;
use crate::evidence::looks::counts;
use crate::evidence::looks::last;

fn guardrails() -> Vec<GuardrailKind> {
    let mut all = vec![
        COMPARE,
        GuardrailKind::NoWorse {
            margin: 0.1,
            proof: Some(1.5),
        },
        GuardrailKind::ShareBet { margin: 0.0 },
        GuardrailKind::MustNotFall { margin: 0.05 },
        GuardrailKind::MustNotFall { margin: 0.999 },
        GuardrailKind::Health { margin: 1.01 },
        GuardrailKind::Latency { max: 0.01 },
    ];
    for max in [1e-9, 0.01, 0.99] {
        for counted in [Counted::Units, Counted::Events] {
            all.push(GuardrailKind::Limit { max, counted });
        }
    }
    all
}

fn extreme_looks() -> Vec<Vec<LookCounts>> {
    let billion = 1_000_000_000;
    let units = [
        (billion, 1_000),
        (999_999_000_000, 1_000_000),
        (1, billion),
        (billion, billion),
        (1, 1),
    ];
    // In parts per million.
    let rates = [0, 1, 500_000, 990_000, 1_000_000];
    let mut series = Vec::new();
    for at_risk in units {
        for control in rates {
            for treatment in rates {
                let of = |units: u64, rate: u64| units * rate / 1_000_000;
                let failed = (of(at_risk.0, control), of(at_risk.1, treatment));
                let look = |t: u64| counts(t, at_risk, failed);
                series.push((0..5).map(|i| look(i * 100_000)).collect());
            }
        }
    }
    series
}

#[test]
fn extreme_counts_give_finite_numbers() {
    for guardrail in guardrails() {
        for looks in extreme_looks() {
            let mut state = GuardrailState::new(&guardrail);
            for look in &looks {
                let (next, assessment) = guardrail::look(&guardrail, 0.05, state, look);
                state = next;
                assert!(
                    assessment.log_e.is_finite(),
                    "{guardrail:?} {look:?} {assessment:?}"
                );
                let ratio = assessment.numbers.ratio;
                assert!(
                    ratio.is_none_or(|ratio| ratio.low <= ratio.high),
                    "{ratio:?}"
                );
            }
            let values = state.to_values();
            assert!(
                values.iter().all(|value| value.is_finite()),
                "{guardrail:?} {looks:?}"
            );
            assert_eq!(
                GuardrailState::from_values(&guardrail, &values),
                Some(state)
            );
        }
    }
}

#[test]
fn equal_rates_of_a_billion_units_do_not_regress() {
    let looks: Vec<LookCounts> = (0..100)
        .map(|i| counts(i * 60, (999_000_000, 1_000_000), (999_000, 1_000)))
        .collect();
    assert_eq!(last(&COMPARE, &looks).verdict, Verdict::Undecided);
}

#[test]
fn a_share_of_a_millionth_shows_a_regression() {
    let look = |t: u64| counts(t, (999_999_000_000, 1_000_000), (8_000_000, 30));
    let looks: Vec<LookCounts> = (0..30).map(|i| look(i * 60)).collect();
    let assessment = last(&COMPARE, &looks);
    assert_eq!(assessment.verdict, Verdict::Regressed, "{assessment:?}");
}

#[test]
fn assignment_of_a_billion_units_is_finite_and_exact() {
    let fits = assignment_check::log_e(&[900_000_000, 100_000_000], &[0.9, 0.1]);
    assert!(fits < 0.0 && fits > -20.0, "{fits}");
    let skewed = assignment_check::log_e(&[900_300_000, 99_700_000], &[0.9, 0.1]);
    assert!(skewed > 100.0 && skewed.is_finite(), "{skewed}");
    let tiny = assignment_check::log_e(&[999_999_000, 1_000], &[0.999_999, 0.000_001]);
    assert!(tiny.is_finite() && tiny < 0.0, "{tiny}");
    assert!(assignment_check::log_e(&[5, 1], &[1.0, 0.0]) > 1e300);
}
