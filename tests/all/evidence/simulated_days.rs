//! Simulated days: false alarms stay near alpha, regressions are caught, equal seeds give equal results.

use fanion::evidence::e_process::share_bet::odds_scaled;
use fanion::evidence::guardrail::kind::GuardrailKind;
use fanion::evidence::simulation::campaign;
use fanion::evidence::simulation::interval::wilson_bounds;
use fanion::evidence::simulation::random::RandomStream;
use fanion::evidence::simulation::scenario::Scenario;
use fanion::evidence::simulation::scenario::SimulatedRegression;
use fanion::evidence::simulation::scenario::TrafficSetting;

use crate::evidence::looks::COMPARE;
use crate::evidence::looks::counts;
use crate::evidence::looks::last;

/// The place of a rule in the results.
fn rule(name: &str) -> usize {
    campaign::rule_names()
        .position(|known| known == name)
        .unwrap()
}

#[test]
fn equal_users_rarely_raise_a_false_alarm() {
    let setting = Scenario::UnequalUsers.setting();
    let runs: Vec<_> = (0..60)
        .map(|run| campaign::run(setting, 0.05, 1, run))
        .collect();
    for name in [
        "no worse",
        "limit 2 %",
        "must not fall",
        "together",
        "assignment",
    ] {
        let alarms = runs.iter().filter(|run| run[rule(name)].is_some()).count();
        let (low, _) = wilson_bounds(alarms, runs.len());
        assert!(low < 0.05, "{name}: {alarms} of {}", runs.len());
    }
    let naive = runs
        .iter()
        .filter(|run| run[rule("> 1 % per minute")].is_some());
    assert_eq!(naive.count(), runs.len());
}

#[test]
fn a_threefold_error_rate_is_caught_within_minutes() {
    let effect = SimulatedRegression {
        ratio: 3.0,
        onset: 0,
    };
    let setting = TrafficSetting {
        effect,
        ..TrafficSetting::default()
    };
    let mut minutes: Vec<usize> = (0..15)
        .map(|run| campaign::run(setting, 0.05, 1, run)[rule("no worse")].unwrap())
        .collect();
    minutes.sort_unstable();
    assert!(minutes[7] <= 15, "{minutes:?}");
}

#[test]
fn equal_seeds_give_equal_runs() {
    let setting = Scenario::LateSeries.setting();
    assert_eq!(
        campaign::run(setting, 0.05, 9, 4),
        campaign::run(setting, 0.05, 9, 4)
    );
    let mut random = RandomStream::new(1, 2);
    assert_eq!(random.bits(), 3_276_188_961_843_324_726);
}

/// The mean over simulated looks of large arms, for which enumeration is impossible.
fn simulated_mean(guardrail: &GuardrailKind, ratio: f64) -> (f64, f64) {
    let mut random = RandomStream::new(5, 0);
    let n = 3_000;
    let values: Vec<f64> = (0..n)
        .map(|_| {
            let failed = 30;
            let treatment = random.binomial(failed, odds_scaled(0.3, ratio));
            let look = counts(0, (700_000, 300_000), (failed - treatment, treatment));
            last(guardrail, &[look]).log_e.exp()
        })
        .collect();
    let mean = values.iter().sum::<f64>() / f64::from(n);
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / f64::from(n);
    (mean, (variance / f64::from(n)).sqrt())
}

#[test]
fn e_values_of_large_arms_have_a_mean_of_at_most_one() {
    let margin = GuardrailKind::NoWorse {
        margin: 0.5,
        proof: None,
    };
    let health = GuardrailKind::Health { margin: 1.5 };
    let bet = GuardrailKind::ShareBet { margin: 0.0 };
    for (guardrail, ratio) in [(COMPARE, 1.0), (margin, 1.5), (health, 1.5), (bet, 1.0)] {
        let (mean, error) = simulated_mean(&guardrail, ratio);
        assert!(mean <= 1.0 + 4.0 * error, "{guardrail:?}: {mean} ± {error}");
        assert!(mean > 0.5, "{guardrail:?}: {mean}");
    }
}
