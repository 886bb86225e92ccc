//! `flagctl compile`: prints flag files as one plain flagd document, with rollout fields expanded to rules.

use std::path::PathBuf;

use crate::cli::input::loaded_flags;
use crate::cli::json_node;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::message::Message;
use crate::document::serialize;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::wire::flag_sync;

/// The arguments of `compile`.
#[derive(Debug, Default, clap::Args)]
pub struct CompileArgs {
    /// Flag files, directories or globs, or - for standard input; later ones win.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Output format of the document.
    #[arg(short = 'o', long, alias = "format", default_value = "json", value_parser = ["json", "yaml"], value_name = "FORMAT")]
    output: String,
}

/// Prints the document that flag sync sends to a downstream flagd or to an in-process provider.
///
/// # Errors
/// If a file cannot be read or parsed. Flags that flag sync omits are left out; the diagnostics go to standard error, and
/// the command fails.
pub fn run(arguments: &CompileArgs) -> anyhow::Result<CommandOutput> {
    let loaded = loaded_flags::load_paths(&arguments.paths, FractionalVersion::default())?;
    let flags = || loaded.ruleset.flags.iter().map(AsRef::as_ref);
    let text = flag_sync::flag_configuration_without_source(flags());
    let complete = flags().all(flag_sync::is_sent);
    let node = json_node::parse(&text)?;
    let stderr = loaded.messages();
    Ok(CommandOutput {
        stdout: match arguments.output.as_str() {
            "yaml" => serialize::to_yaml(&node),
            _ => serialize::to_pretty_json(&node),
        },
        success: complete && !stderr.iter().any(Message::is_error),
        stderr,
    })
}
