//! Flags of all input files, merged and compiled as the sidecar would load them.

use std::path::PathBuf;

use crate::analysis::flag_file;
use crate::analysis::flag_file::FlagFile;
use crate::analysis::flag_file::RawFlagFile;
use crate::cli::input::files;
use crate::diag::Diagnostic;
use crate::document::Document;
use crate::document::merge::merge_flags;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset::Ruleset;

/// Merged and compiled flags.
#[derive(Debug)]
pub struct LoadedFlags {
    /// The merged definitions, with rollout fields expanded to rules.
    pub document: Document,
    /// The same flags, compiled, in the same order.
    pub ruleset: Ruleset,
    /// The diagnostics of all files.
    pub diagnostics: Vec<Diagnostic>,
}

impl LoadedFlags {
    /// Merges the flags of files; later files win.
    pub fn from_files(files: &[FlagFile]) -> LoadedFlags {
        let diagnostics = files.iter().flat_map(|file| file.diagnostics.iter());
        LoadedFlags {
            document: merge_flags(files.iter().map(|file| &file.expanded)),
            ruleset: Ruleset::merge_layers(files.iter().map(|file| &file.compiled)),
            diagnostics: diagnostics.cloned().collect(),
        }
    }

    /// The diagnostics as lines for standard error.
    pub fn stderr_lines(&self) -> Vec<String> {
        self.diagnostics.iter().map(ToString::to_string).collect()
    }
}

/// Loads the flags in files, directories and globs; later ones win.
///
/// # Errors
/// If one cannot be read.
pub fn load_paths(paths: &[PathBuf], fractional: FractionalVersion) -> anyhow::Result<LoadedFlags> {
    compile_texts(files::read_texts(paths), fractional)
}

/// Compiles the flags in texts; later ones win.
///
/// # Errors
/// If one of the files could not be read.
pub fn compile_texts(
    texts: Vec<RawFlagFile>,
    fractional: FractionalVersion,
) -> anyhow::Result<LoadedFlags> {
    for text in &texts {
        if let Err(why) = &text.bytes {
            anyhow::bail!("{}: {why}", text.name);
        }
    }
    Ok(LoadedFlags::from_files(&flag_file::parse_files(
        texts, fractional,
    )))
}
