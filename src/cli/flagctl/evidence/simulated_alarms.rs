//! The alarms of simulated runs, and what is read off them.

use crate::evidence::simulation::campaign::FirstAlarms;
use crate::evidence::simulation::scenario::Scenario;

/// The alarms of all runs of a scenario.
pub struct ScenarioAlarms {
    /// The scenario.
    pub scenario: Scenario,
    /// The first alarms of each run.
    pub runs: Vec<FirstAlarms>,
}

/// The alarms of all runs with a regression.
pub struct RegressionAlarms {
    /// The ratio of error rates.
    pub ratio: f64,
    /// The first minute of the hour in which it begins.
    pub onset: usize,
    /// The minute in which it begins, and the first alarms, of each run.
    pub runs: Vec<(usize, FirstAlarms)>,
}

/// Returns the runs of a scenario in which a rule gave an alarm.
pub fn false_alarms(alarms: &ScenarioAlarms, rule: usize) -> usize {
    alarms
        .runs
        .iter()
        .filter(|run| first_alarm(run, rule).is_some())
        .count()
}

/// Returns the minutes from the onset to the alarm, sorted; runs without an alarm count as infinite, and those with an alarm
/// before the onset are left out.
pub fn delays(alarms: &RegressionAlarms, rule: usize) -> Vec<f64> {
    let delay = |(onset, run): &(usize, FirstAlarms)| match first_alarm(run, rule) {
        Some(minute) if minute < *onset => None,
        Some(minute) => Some((minute - onset + 1) as f64),
        None => Some(f64::INFINITY),
    };
    let mut delays: Vec<f64> = alarms.runs.iter().filter_map(delay).collect();
    delays.sort_by(f64::total_cmp);
    delays
}

/// The title of a regression.
pub fn title(alarms: &RegressionAlarms) -> String {
    let ratio = alarms.ratio;
    match alarms.onset {
        0 => format!("{ratio}× from the start"),
        minute => format!("{ratio}× after {} h", minute / 60),
    }
}

fn first_alarm(run: &FirstAlarms, rule: usize) -> Option<usize> {
    run.get(rule).copied().flatten()
}
