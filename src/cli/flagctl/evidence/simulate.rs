//! `flagctl evidence simulate`: measures false alarms and detection times of tests, threshold rules and oracles.

use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::cli::flagctl::evidence::simulated_alarms::RegressionAlarms;
use crate::cli::flagctl::evidence::simulated_alarms::ScenarioAlarms;
use crate::cli::flagctl::evidence::simulation_svg;
use crate::cli::flagctl::evidence::simulation_table;
use crate::cli::output::command_output::CommandOutput;
use crate::evidence::simulation::campaign;
use crate::evidence::simulation::campaign::FirstAlarms;
use crate::evidence::simulation::scenario::Scenario;
use crate::evidence::simulation::scenario::SimulatedRegression;
use crate::evidence::simulation::scenario::TrafficSetting;

/// Alpha of the tests.
const ALPHA: f64 = 0.05;

/// The regressions of the second table: the ratio, and the first minute of the hour in which it begins.
const REGRESSIONS: [(f64, usize); 4] = [(3.0, 0), (3.0, 720), (10.0, 0), (10.0, 720)];

/// The arguments of `evidence simulate`.
#[derive(Debug, clap::Args)]
pub struct EvidenceSimulateArgs {
    /// Simulated days of each scenario. 2,000 take about five minutes on two cores.
    #[arg(long, default_value_t = 2000, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    runs: u64,
    /// Seed of the random numbers. Equal seeds give equal tables on every machine.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Also write the tables as pictures into this directory.
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
}

/// Prints the tables. Fails if a test gives more false alarms than alpha, beyond the chance of the simulation.
///
/// # Errors
/// If a picture cannot be written.
pub fn run(arguments: &EvidenceSimulateArgs) -> anyhow::Result<CommandOutput> {
    let EvidenceSimulateArgs { runs, seed, .. } = *arguments;
    let scenarios = Scenario::ALL.map(|scenario| ScenarioAlarms {
        scenario,
        runs: in_parallel(runs, |run| {
            campaign::run(scenario.setting(), ALPHA, seed, run)
        }),
    });
    let regressions = REGRESSIONS.map(|(ratio, onset)| RegressionAlarms {
        ratio,
        onset,
        runs: in_parallel(runs.min(1000), |run| regressed_run(ratio, onset, seed, run)),
    });
    if let Some(directory) = &arguments.svg {
        write_file(
            directory,
            "false-alarms.svg",
            &simulation_svg::false_alarms(&scenarios),
        )?;
        write_file(
            directory,
            "detection.svg",
            &simulation_svg::detection(&regressions),
        )?;
    }
    Ok(CommandOutput {
        stdout: simulation_table::render(&scenarios, &regressions),
        stderr: Vec::new(),
        success: simulation_table::are_tests_within(&scenarios, ALPHA),
    })
}

/// A run with a regression. One that begins later begins anywhere in its hour, so that no test gains from the clock.
fn regressed_run(ratio: f64, onset: usize, seed: u64, run: u64) -> (usize, FirstAlarms) {
    let shift = if onset == 0 {
        0
    } else {
        usize::try_from(run * 7 % 60).unwrap_or(0)
    };
    let effect = SimulatedRegression {
        ratio,
        onset: onset + shift,
    };
    let setting = TrafficSetting {
        effect,
        ..TrafficSetting::default()
    };
    (effect.onset, campaign::run(setting, ALPHA, seed, run))
}

/// Computes the runs on all cores. The order of the results does not depend on the number of cores.
fn in_parallel<T: Send>(runs: u64, compute: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let part = |first: usize| (first as u64..runs).step_by(threads).map(&compute);
    let mut parts: Vec<_> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || part(first).collect::<Vec<T>>()))
            .collect();
        let joined = started.into_iter().map(|thread| match thread.join() {
            Ok(results) => results.into_iter(),
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect()
    });
    let mut all = Vec::new();
    while let Some(result) = parts.get_mut(all.len() % threads).and_then(Iterator::next) {
        all.push(result);
    }
    all
}

fn write_file(directory: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let path = directory.join(name);
    std::fs::create_dir_all(directory)
        .and_then(|()| std::fs::write(&path, text))
        .with_context(|| format!("cannot write `{}`", path.display()))
}
