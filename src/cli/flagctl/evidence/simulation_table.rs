//! The tables of `flagctl evidence simulate`, as Markdown.

use std::fmt::Write as _;

use crate::cli::flagctl::evidence::simulated_alarms::RegressionAlarms;
use crate::cli::flagctl::evidence::simulated_alarms::ScenarioAlarms;
use crate::cli::flagctl::evidence::simulated_alarms::delays;
use crate::cli::flagctl::evidence::simulated_alarms::false_alarms;
use crate::cli::flagctl::evidence::simulated_alarms::title;
use crate::evidence::simulation::campaign;
use crate::evidence::simulation::guarded_rollout::TESTS;
use crate::evidence::simulation::interval::wilson_bounds;

/// The test whose assumption some scenarios break on purpose.
const SHARE_BET: usize = 1;

/// Rules that need not find a regression of the error rate.
const UNRELATED: [&str; 2] = ["must not fall", "assignment"];

/// Returns all tables.
pub fn render(scenarios: &[ScenarioAlarms], regressions: &[RegressionAlarms]) -> String {
    let names: Vec<&str> = campaign::rule_names().collect();
    let (tests, others) = names.split_at(TESTS.len());
    let rivals = others.split_at(others.len().saturating_sub(2)).0;
    let mut out =
        "## False alarms of the tests in 24 h, %\n\nIn brackets: upper bound, 99 % confidence.\n\n"
            .to_owned();
    table(&mut out, "scenario", tests, scenarios.iter().map(test_row));
    out.push_str("\n† the errors of a unit fall into several intervals, which the bet on events does not allow.\n");
    out.push_str("\n## False alarms of threshold rules in 24 h, %\n\n");
    table(
        &mut out,
        "scenario",
        rivals,
        scenarios.iter().map(rival_row),
    );
    out.push_str("\n## Minutes until a regression is caught, median and 90 %\n\n");
    let columns: Vec<String> = regressions.iter().map(title).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let shown = names
        .iter()
        .enumerate()
        .filter(|(_, name)| !UNRELATED.contains(name));
    let rows = shown.map(|(rule, name)| {
        let cells = regressions
            .iter()
            .map(|alarms| detection_cell(alarms, rule));
        ((*name).to_owned(), cells.collect())
    });
    table(&mut out, "rule", &columns, rows);
    out
}

/// Runs from which the tables judge the tests; with fewer, one false alarm more says nothing.
const ENOUGH_RUNS: usize = 500;

/// Returns true unless a test has significantly more false alarms than alpha in a scenario that it allows.
pub fn are_tests_within(scenarios: &[ScenarioAlarms], alpha: f64) -> bool {
    scenarios.iter().all(|alarms| {
        (0..TESTS.len()).all(|test| {
            let broken = test == SHARE_BET && alarms.scenario.repeats_errors();
            let (low, _) = wilson_bounds(false_alarms(alarms, test), alarms.runs.len());
            broken || alarms.runs.len() < ENOUGH_RUNS || low <= alpha
        })
    })
}

fn test_row(alarms: &ScenarioAlarms) -> (String, Vec<String>) {
    let cell = |test| {
        let (hits, runs) = (false_alarms(alarms, test), alarms.runs.len());
        let (_, high) = wilson_bounds(hits, runs);
        let mark = if test == SHARE_BET && alarms.scenario.repeats_errors() {
            " †"
        } else {
            ""
        };
        format!(
            "{:.1} ({:.1}){mark}",
            100.0 * hits as f64 / runs as f64,
            100.0 * high
        )
    };
    (
        alarms.scenario.title().to_owned(),
        (0..TESTS.len()).map(cell).collect(),
    )
}

fn rival_row(alarms: &ScenarioAlarms) -> (String, Vec<String>) {
    let rivals = TESTS.len()..campaign::RULES - 2;
    let cell = |rule| {
        format!(
            "{:.1}",
            100.0 * false_alarms(alarms, rule) as f64 / alarms.runs.len() as f64
        )
    };
    (
        alarms.scenario.title().to_owned(),
        rivals.map(cell).collect(),
    )
}

fn detection_cell(alarms: &RegressionAlarms, rule: usize) -> String {
    let delays = delays(alarms, rule);
    if delays.len() * 2 < alarms.runs.len() {
        return "already tripped".to_owned();
    }
    let at = |part: usize| {
        delays
            .get(delays.len() * part / 10)
            .copied()
            .unwrap_or(f64::INFINITY)
    };
    let (median, most) = (at(5), at(9));
    match (median.is_finite(), most.is_finite()) {
        (true, true) => format!("{median:.0}, {most:.0}"),
        (true, false) => format!("{median:.0}, never"),
        (false, _) => "never".to_owned(),
    }
}

fn table(
    out: &mut String,
    corner: &str,
    columns: &[&str],
    rows: impl Iterator<Item = (String, Vec<String>)>,
) {
    let _ = writeln!(out, "| {corner} | {} |", columns.join(" | "));
    let _ = writeln!(out, "|---|{}", "---|".repeat(columns.len()));
    for (name, cells) in rows {
        let _ = writeln!(out, "| {name} | {} |", cells.join(" | "));
    }
}
