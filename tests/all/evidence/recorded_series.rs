//! Series with e-values that `tests/evidence/oracle.py` computed with 40 digits.

use fanion::evidence::arm_counts::ArmCounts;
use fanion::evidence::arm_counts::LookCounts;
use fanion::evidence::e_process::absolute_limit::Counted;
use fanion::evidence::e_process::assignment_check;
use fanion::evidence::guardrail::kind::GuardrailKind;
use serde_json::Value;

use crate::evidence::looks::assess_at;

const SERIES: &str = include_str!("../../data/evidence/series.jsonl");

fn guardrail(header: &Value) -> GuardrailKind {
    let number = |name: &str| header[name].as_f64().unwrap();
    match header["test"].as_str().unwrap() {
        "compare" => GuardrailKind::NoWorse {
            margin: number("margin"),
            proof: None,
        },
        "share-bet" => GuardrailKind::ShareBet {
            margin: number("margin"),
        },
        "must-not-fall" => GuardrailKind::MustNotFall {
            margin: number("margin"),
        },
        "health" => GuardrailKind::Health {
            margin: number("margin"),
        },
        "limit" => GuardrailKind::Limit {
            max: number("max"),
            counted: if header["count"] == "events" {
                Counted::Events
            } else {
                Counted::Units
            },
        },
        other => panic!("{other}"),
    }
}

fn arms(value: &Value) -> ArmCounts {
    let count = |arm: &str| value[arm].as_u64().unwrap();
    ArmCounts::new(count("control"), count("treatment"))
}

fn look(value: &Value) -> LookCounts {
    let either = |first: &str, second: &str| arms(value.get(first).unwrap_or(&value[second]));
    let t = value["t"].as_u64().unwrap();
    LookCounts::new(t, either("atRisk", "units"), either("failed", "bad"))
}

fn assert_close(got: f64, want: &Value, series: &Value) {
    let want = want.as_f64().unwrap();
    let difference = (got - want).abs() / want.abs().max(1.0);
    assert!(difference < 1e-9, "{got} instead of {want}: {series}");
}

#[test]
fn e_values_agree_with_the_oracle() {
    let mut compared = 0;
    for line in SERIES.lines() {
        let series: Value = serde_json::from_str(line).unwrap();
        if let Some(counts) = series["counts"].as_array() {
            let counts: Vec<u64> = counts.iter().map(|n| n.as_u64().unwrap()).collect();
            let weights = series["weights"].as_array().unwrap();
            let weights: Vec<f64> = weights.iter().map(|w| w.as_f64().unwrap()).collect();
            assert_close(
                assignment_check::log_e(&counts, &weights),
                &series["logE"],
                &series,
            );
            continue;
        }
        let looks: Vec<_> = series["looks"]
            .as_array()
            .unwrap()
            .iter()
            .map(look)
            .collect();
        let alpha = series["header"]["alpha"].as_f64().unwrap();
        let assessments = assess_at(&guardrail(&series["header"]), alpha, &looks);
        let wanted = series["logE"].as_array().unwrap();
        assert_eq!(assessments.len(), wanted.len());
        for (assessment, want) in assessments.iter().zip(wanted) {
            assert_close(assessment.log_e, want, &series);
            compared += 1;
        }
    }
    assert!(compared > 500, "{compared}");
}
