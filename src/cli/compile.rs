//! `flagctl compile`: the plain flagd document that files come to.

use std::path::PathBuf;

use crate::cli::flags;
use crate::cli::flags::LoadedFlags;
use crate::cli::output;
use crate::cli::said::CommandOutput;
use crate::document;
use crate::document::write;
use crate::rule::unit::FractionalVersion;
use crate::study::file;
use crate::wire::sync;

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
    let files = file::parse_files(
        flags::read_texts(&arguments.paths),
        FractionalVersion::default(),
    );
    let LoadedFlags {
        ruleset,
        diagnostics,
        ..
    } = LoadedFlags::from_files(&files);
    // A faulty flag would make others refuse the document; it is left out.
    let text = sync::flag_configuration_without_source(ruleset.flags.iter().map(AsRef::as_ref));
    let node = output::parse_json(&text)?;
    let data = match arguments.output.as_str() {
        "yaml" => write::to_yaml(&node),
        _ => write::to_pretty_json(&node),
    };
    Ok(CommandOutput {
        stdout: data,
        stderr: diagnostics.iter().map(ToString::to_string).collect(),
        success: !document::has_errors(&diagnostics),
    })
}
