//! `flagctl compile`: the plain flagd document that files come to.

use std::path::PathBuf;

use crate::cli::flags;
use crate::cli::flags::Flags;
use crate::cli::output;
use crate::cli::said::Said;
use crate::document;
use crate::document::write;
use crate::rule::unit::Version;
use crate::study::file;
use crate::wire::sync;

/// The arguments of `compile`.
#[derive(Debug, Default, clap::Args)]
pub struct Arguments {
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
pub fn run(arguments: &Arguments) -> anyhow::Result<Said> {
    let files = file::read(flags::texts(&arguments.paths), Version::default());
    let Flags {
        ruleset,
        diagnostics,
        ..
    } = Flags::of(&files);
    // A faulty flag would make others refuse the document; it is left out.
    let text = sync::definitions(ruleset.flags.iter().map(AsRef::as_ref));
    let node = output::parse(&text)?;
    let data = match arguments.output.as_str() {
        "yaml" => write::yaml(&node),
        _ => write::json(&node),
    };
    Ok(Said {
        data,
        talk: diagnostics.iter().map(ToString::to_string).collect(),
        yes: !document::has_errors(&diagnostics),
    })
}
