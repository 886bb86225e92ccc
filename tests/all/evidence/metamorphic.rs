//! Relations between series: exchanged arms, empty looks, a reset, and stored states.

use fanion::evidence::alpha;
use fanion::evidence::arm_counts::LookCounts;
use fanion::evidence::e_process::absolute_limit::Counted;
use fanion::evidence::guardrail;
use fanion::evidence::guardrail::GuardrailState;
use fanion::evidence::guardrail::kind::GuardrailKind;
use fanion::evidence::verdict::Verdict;

use crate::evidence::looks::COMPARE;
use crate::evidence::looks::assess;
use crate::evidence::looks::counts;
use crate::evidence::looks::last;

/// Looks at 10 % of 600 units per minute, with a threefold error rate of the treatment.
fn regressed() -> Vec<LookCounts> {
    let look = |i: u64| counts(i * 60, (540, 60), (4 + i % 2, 1 + i % 2));
    (0..60).map(look).collect()
}

#[test]
fn exchanged_arms_do_not_regress() {
    assert_eq!(last(&COMPARE, &regressed()).verdict, Verdict::Regressed);
    let swapped = regressed().into_iter().map(|look| LookCounts {
        at_risk: look.at_risk.both().unwrap().swapped().into(),
        failed: look.failed.both().unwrap().swapped().into(),
        ..look
    });
    let swapped: Vec<_> = swapped.collect();
    assert_eq!(last(&COMPARE, &swapped).verdict, Verdict::Undecided);
}

#[test]
fn wanted_outcome_that_falls_is_a_regression() {
    let looks: Vec<_> = (0..60)
        .map(|i| counts(i * 60, (540, 60), (54, 2)))
        .collect();
    let guardrail = GuardrailKind::MustNotFall { margin: 0.05 };
    assert_eq!(last(&guardrail, &looks).verdict, Verdict::Regressed);
    let looks: Vec<_> = (0..60)
        .map(|i| counts(i * 60, (540, 60), (54, 6)))
        .collect();
    assert_eq!(last(&guardrail, &looks).verdict, Verdict::Undecided);
}

#[test]
fn looks_without_failures_change_little() {
    let empty: Vec<_> = (0..100)
        .map(|i| counts(i * 60, (540, 60), (0, 0)))
        .collect();
    for assessment in assess(&COMPARE, &empty) {
        assert!(assessment.log_e.abs() < 1e-12, "{assessment:?}");
    }
}

#[test]
fn a_regression_stays_when_the_counts_recover() {
    let mut looks = regressed();
    looks.extend((100..2000).map(|i| counts(i * 60, (540, 60), (9, 1))));
    assert_eq!(last(&COMPARE, &looks).verdict, Verdict::Regressed);
}

#[test]
fn stored_states_continue_bit_for_bit() {
    let kinds = [
        COMPARE,
        GuardrailKind::NoWorse {
            margin: 0.1,
            proof: Some(1.5),
        },
        GuardrailKind::ShareBet { margin: 0.0 },
        GuardrailKind::Limit {
            max: 0.02,
            counted: Counted::Units,
        },
        GuardrailKind::Health { margin: 1.5 },
    ];
    for guardrail in kinds {
        let mut stored = GuardrailState::new(&guardrail).to_values();
        for (look, want) in regressed().iter().zip(assess(&guardrail, &regressed())) {
            let state = GuardrailState::from_values(&guardrail, &stored).unwrap();
            let (state, got) = guardrail::look(&guardrail, 0.05, state, look);
            assert_eq!(got.log_e.to_bits(), want.log_e.to_bits());
            assert_eq!(got, want);
            stored = state.to_values();
        }
        stored.push(0.0);
        assert_eq!(GuardrailState::from_values(&guardrail, &stored), None);
    }
}

#[test]
fn shared_incident_ends_with_the_incident() {
    let guardrail = GuardrailKind::Limit {
        max: 0.02,
        counted: Counted::Units,
    };
    let healthy = |t: u64| counts(t * 60, (540, 60), (4, 1));
    let mut looks: Vec<_> = (0..30).map(healthy).collect();
    looks.extend((30..50).map(|t| counts(t * 60, (540, 60), (160, 18))));
    assert_eq!(last(&guardrail, &looks).verdict, Verdict::SharedIncident);
    looks.extend((50..60).map(healthy));
    assert_eq!(last(&guardrail, &looks).verdict, Verdict::Undecided);
    looks.extend((60..80).map(|t| counts(t * 60, (540, 60), (4, 12))));
    assert_eq!(last(&guardrail, &looks).verdict, Verdict::Regressed);
}

#[test]
fn proof_makes_a_healthy_treatment_healthy() {
    let guardrail = GuardrailKind::NoWorse {
        margin: 0.0,
        proof: Some(1.5),
    };
    let looks: Vec<_> = (0..300)
        .map(|i| counts(i * 60, (5400, 600), (45, 5)))
        .collect();
    let assessment = last(&guardrail, &looks);
    assert_eq!(assessment.verdict, Verdict::Healthy);
    let ratio = assessment.numbers.ratio.unwrap();
    assert!(
        ratio.low < 1.0 && ratio.high > 1.0 && ratio.high < 1.5,
        "{ratio:?}"
    );
}

#[test]
fn alpha_is_divided_and_guardrails_are_averaged() {
    assert_eq!(
        alpha::by_stage(0.05, &[1.0, 1.0, 2.0]),
        [0.0125, 0.0125, 0.025]
    );
    let combined = alpha::combined_log_e(&[(1.0, 40.0_f64.ln()), (3.0, 0.0)]);
    assert!(
        (combined - (43.0_f64 / 4.0).ln()).abs() < 1e-12,
        "{combined}"
    );
    assert!((alpha::log_threshold(0.05) - 20.0_f64.ln()).abs() < 1e-12);
}
