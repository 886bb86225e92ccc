//! `flagctl get`: prints the definition of one flag, from files or from a running replica.

use crate::cli::flagctl::list::ListArgs;
use crate::cli::input::location_args;
use crate::cli::input::read_definitions;
use crate::cli::input::read_definitions::FlagLookup;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::flag_table;
use crate::document::syntax_tree::Node;

/// The arguments of `get`.
#[derive(Debug, Default, clap::Args)]
#[command(override_usage = "flagctl get [OPTIONS] <KEY>")]
pub struct GetArgs {
    /// Key of the flag.
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// The location of the flags, and the output format.
    #[command(flatten)]
    list: ListArgs,
}

/// Prints one flag. Fails if it does not exist, or has no definition because it is faulty.
///
/// # Errors
/// If no location is given, or the replica does not answer.
pub fn run(arguments: &GetArgs) -> anyhow::Result<CommandOutput> {
    let list = &arguments.list;
    let (key, location) = location_args::resolve_key(&list.location, arguments.key.as_deref())?;
    let found = read_definitions::get_flag(&location, &key)?;
    let flag = match found.value {
        FlagLookup::Found(flag) => flag,
        FlagLookup::Faulty => return Ok(CommandOutput::failure(found.stderr)),
        FlagLookup::NotFound(known) => {
            let known = known.iter().map(String::as_str);
            return Ok(CommandOutput::flag_not_found(&key, known));
        }
    };
    let table = |flag: &Node| flag_table::rows(std::slice::from_ref(flag));
    Ok(CommandOutput {
        stdout: list.output.render(&flag, table),
        stderr: found.stderr,
        success: true,
    })
}
