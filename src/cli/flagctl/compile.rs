//! `flagctl compile`: prints flag files as one plain flagd document, with rollout fields expanded to rules.

use std::path::PathBuf;

use crate::analysis::flag_file;
use crate::cli::input::files;
use crate::cli::input::loaded_flags::LoadedFlags;
use crate::cli::json_node;
use crate::cli::output::command_output::CommandOutput;
use crate::document;
use crate::document::serialize;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::wire::flag_sync;

/// The arguments of `compile`.
#[derive(Debug, Default, clap::Args)]
pub struct CompileArgs {
    /// Flag files, directories or globs; later ones win.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Output format.
    #[arg(short = 'o', long, default_value = "json", value_parser = ["json", "yaml"], value_name = "FORMAT")]
    output: String,
}

/// Prints the document that flag sync sends to a downstream flagd or to an in-process provider.
///
/// # Errors
/// Never because of flag files: their diagnostics go to standard error, and faulty flags are left out.
pub fn run(arguments: &CompileArgs) -> anyhow::Result<CommandOutput> {
    let files = flag_file::parse_files(
        files::read_texts(&arguments.paths),
        FractionalVersion::default(),
    );
    let loaded = LoadedFlags::from_files(&files);
    // Without faulty flags: other readers reject a document that contains one.
    let flags = loaded.ruleset.flags.iter().map(AsRef::as_ref);
    let text = flag_sync::flag_configuration_without_source(flags);
    let node = json_node::parse(&text)?;
    Ok(CommandOutput {
        stdout: match arguments.output.as_str() {
            "yaml" => serialize::to_yaml(&node),
            _ => serialize::to_pretty_json(&node),
        },
        stderr: loaded.stderr_lines(),
        success: !document::has_errors(&loaded.diagnostics),
    })
}
