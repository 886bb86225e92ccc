//! `flagctl diff`: who gets another answer after a change, and what the change breaks.

mod json;
mod text;

use std::path::Path;

use crate::analysis::diff::DiffSide;
use crate::analysis::diff::DiffStatus;
use crate::analysis::diff::FlagDiff;
use crate::analysis::diff::diff;
use crate::analysis::flag_file::RawFlagFile;
use crate::cli::input::files;
use crate::cli::input::files::LoadedFlags;
use crate::cli::input::git;
use crate::cli::output::command_output::CommandOutput;
use crate::document::serialize;
use crate::number;
use crate::resolve::system_clock;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::stickiness;

/// The arguments of `diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The flags before: a file, a directory, a glob, or REV:PATH of a git repository. With --git, the path.
    old: String,
    /// The flags after, likewise.
    #[arg(required_unless_present = "git")]
    new: Option<String>,
    /// Compares two revisions of one path, for instance --git main..HEAD flags.
    #[arg(long, value_name = "REV..REV", conflicts_with = "new")]
    git: Option<String>,
    /// How many examples to look for, per transition.
    #[arg(long, default_value_t = 3, value_name = "N")]
    examples: usize,
    /// Exits with 1 if anybody gets another answer, or might, or if a promise of the words is broken.
    #[arg(long)]
    exit_code: bool,
    /// How to print it.
    #[arg(short = 'o', long, default_value = "table", value_name = "FORMAT")]
    output: DiffFormat,
}

/// The forms of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DiffFormat {
    /// For people: columns.
    Table,
    /// For programs.
    Json,
    /// For both.
    Yaml,
    /// For pull requests.
    Markdown,
}

/// The most examples per transition.
const MAX_EXAMPLES: usize = 100;

/// Compares. The answer is no if `--exit-code` asks for it and something changes, is not known, or breaks a promise.
///
/// # Errors
/// If flags cannot be read.
pub fn run(arguments: &DiffArgs) -> anyhow::Result<CommandOutput> {
    let (old, new) = read_sides(arguments)?;
    let mut talk = Vec::new();
    for diagnostic in old.diagnostics.iter().chain(&new.diagnostics) {
        let line = diagnostic.to_string();
        if !talk.contains(&line) {
            talk.push(line);
        }
    }
    let examples = arguments.examples.min(MAX_EXAMPLES);
    let changes = diff(side(&old), side(&new), examples);
    let now = number::truncate_to_i64(system_clock());
    let broken = stickiness::document_violations(&old.document, &new.document, now);
    let still =
        |change: &FlagDiff| matches!(change.status, DiffStatus::Same | DiffStatus::Equivalent);
    let stays = broken.is_empty() && changes.iter().all(still);
    let data = match arguments.output {
        DiffFormat::Table => text::table(&changes, &broken),
        DiffFormat::Markdown => text::markdown(&changes, &broken),
        DiffFormat::Json => serialize::to_pretty_json(&json::to_json(&changes, &broken)),
        DiffFormat::Yaml => serialize::to_yaml(&json::to_json(&changes, &broken)),
    };
    Ok(CommandOutput {
        stdout: data,
        stderr: talk,
        success: !arguments.exit_code || stays,
    })
}

fn read_sides(arguments: &DiffArgs) -> anyhow::Result<(LoadedFlags, LoadedFlags)> {
    match (&arguments.git, &arguments.new) {
        (Some(range), _) => {
            let Some((from, to)) = range.split_once("..") else {
                anyhow::bail!("--git `{range}`: write two revisions, as in main..HEAD");
            };
            let named = |revision: &str| {
                if revision.is_empty() {
                    "HEAD"
                } else {
                    revision
                }
                .to_owned()
            };
            let path = Path::new(&arguments.old);
            let old = git::read_revision(&named(from), path)?;
            let new = git::read_revision(&named(to), path)?;
            Ok((compile_texts(old)?, compile_texts(new)?))
        }
        (None, new) => {
            let new = new.as_deref().unwrap_or_default();
            Ok((
                git::load_path_or_revision(&arguments.old)?,
                git::load_path_or_revision(new)?,
            ))
        }
    }
}

fn compile_texts(texts: Vec<RawFlagFile>) -> anyhow::Result<LoadedFlags> {
    files::compile_texts(texts, FractionalVersion::V2)
}

fn side(flags: &LoadedFlags) -> DiffSide<'_> {
    DiffSide {
        document: &flags.document,
        ruleset: &flags.ruleset,
    }
}
