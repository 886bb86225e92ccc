//! `flagctl evidence`: tries a guardrail on recorded counts, plans one, and measures how often rules are wrong.

pub mod events;
pub mod json_lines;
pub mod plan;
pub mod replay;
pub mod simulate;
pub mod simulated_alarms;
pub mod simulation_svg;
pub mod simulation_table;
pub mod test_header;

use crate::cli::flagctl::evidence::events::EvidenceEventsArgs;
use crate::cli::flagctl::evidence::plan::EvidencePlanArgs;
use crate::cli::flagctl::evidence::replay::EvidenceReplayArgs;
use crate::cli::flagctl::evidence::simulate::EvidenceSimulateArgs;
use crate::cli::output::command_output::CommandOutput;

/// The arguments of `evidence`.
#[derive(Debug, clap::Args)]
pub struct EvidenceArgs {
    #[command(subcommand)]
    command: EvidenceCommand,
}

#[derive(Debug, clap::Subcommand)]
enum EvidenceCommand {
    /// Run a test over recorded counts, one JSON object per line. Exits with 1 if the treatment regressed.
    Replay(EvidenceReplayArgs),
    /// Count raw exposures and outcomes, and run a test over the counts. Exits with 1 if the treatment regressed.
    Events(EvidenceEventsArgs),
    /// Simulate healthy and regressed rollouts, and print how often and how fast rules trip.
    Simulate(EvidenceSimulateArgs),
    /// Print how many failures and how long it takes until a regression is caught.
    Plan(EvidencePlanArgs),
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read, or its content or an argument is invalid.
pub fn run(arguments: &EvidenceArgs) -> anyhow::Result<CommandOutput> {
    match &arguments.command {
        EvidenceCommand::Replay(arguments) => replay::run(arguments),
        EvidenceCommand::Events(arguments) => events::run(arguments),
        EvidenceCommand::Simulate(arguments) => simulate::run(arguments),
        EvidenceCommand::Plan(arguments) => plan::run(arguments),
    }
}
