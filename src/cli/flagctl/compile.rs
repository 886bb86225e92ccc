//! `flagctl compile`: the plain flagd document that files come to.

use std::path::PathBuf;

use crate::analysis::flag_file;
use crate::cli::input::files;
use crate::cli::input::files::LoadedFlags;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::output_format;
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
    /// How to print it.
    #[arg(short = 'o', long, default_value = "json", value_parser = ["json", "yaml"], value_name = "FORMAT")]
    output: String,
}

/// Prints the document that a downstream flagd, or a provider that evaluates by itself, gets from flag sync.
///
/// # Errors
/// None that a file can cause: what is wrong with files is told, and the faulty flags are left out.
pub fn run(arguments: &CompileArgs) -> anyhow::Result<CommandOutput> {
    let files = flag_file::parse_files(
        files::read_texts(&arguments.paths),
        FractionalVersion::default(),
    );
    let LoadedFlags {
        ruleset,
        diagnostics,
        ..
    } = LoadedFlags::from_files(&files);
    // A faulty flag would make others refuse the document; it is left out.
    let text =
        flag_sync::flag_configuration_without_source(ruleset.flags.iter().map(AsRef::as_ref));
    let node = output_format::parse_json(&text)?;
    let data = match arguments.output.as_str() {
        "yaml" => serialize::to_yaml(&node),
        _ => serialize::to_pretty_json(&node),
    };
    Ok(CommandOutput {
        stdout: data,
        stderr: diagnostics.iter().map(ToString::to_string).collect(),
        success: !document::has_errors(&diagnostics),
    })
}
