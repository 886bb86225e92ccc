//! `flagctl list`: prints all flag definitions, from files or from a running replica.

use crate::cli::input::location_args;
use crate::cli::input::location_args::FlagLocationArgs;
use crate::cli::input::read_definitions;
use crate::cli::json_node;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::flag_table;
use crate::cli::output::output_format::OutputFormat;
use crate::document::syntax_tree::Node;

/// The arguments of `list`.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub struct ListArgs {
    /// The location of the flags.
    #[command(flatten)]
    pub location: FlagLocationArgs,
    /// Output format: a line of text for each flag, or the definition in flagd's format, with rollout fields expanded to
    /// rules, as JSON or YAML. A faulty flag has an `errorCode` instead.
    #[arg(
        short = 'o',
        long,
        alias = "format",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub output: OutputFormat,
}

/// Prints all flags.
///
/// # Errors
/// If no location is given, or the replica does not answer.
pub fn run(arguments: &ListArgs) -> anyhow::Result<CommandOutput> {
    let found = read_definitions::list_flags(&location_args::resolve(&arguments.location)?)?;
    let rows = flag_table::rows(&found.value);
    let flags = json_node::array(found.value);
    Ok(CommandOutput {
        stdout: arguments.output.render(&flags, |_: &Node| rows),
        stderr: found.stderr,
        success: true,
    })
}
