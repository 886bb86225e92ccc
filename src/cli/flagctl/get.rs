//! `flagctl get`: prints the definition of one flag, from files or from a running replica.

use crate::cli::flagctl::list::ListArgs;
use crate::cli::input::location_args;
use crate::cli::input::read_definitions;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::flag_table;
use crate::document::syntax_tree::Node;

/// The arguments of `get`.
#[derive(Debug, Default, clap::Args)]
pub struct GetArgs {
    /// Key of the flag.
    key: String,
    /// The location of the flags, and the output format.
    #[command(flatten)]
    list: ListArgs,
}

/// Prints one flag.
///
/// # Errors
/// If no location is given, or the replica does not answer.
pub fn run(arguments: &GetArgs) -> anyhow::Result<CommandOutput> {
    let (list, key) = (&arguments.list, &arguments.key);
    let found = read_definitions::get_flag(&location_args::resolve(&list.location)?, key)?;
    let Some(flag) = found.value else {
        return Ok(CommandOutput::flag_not_found(key, found.stderr));
    };
    let table = |flag: &Node| flag_table::rows(std::slice::from_ref(flag));
    Ok(CommandOutput {
        stdout: list.output.render(&flag, table),
        stderr: found.stderr,
        success: true,
    })
}
