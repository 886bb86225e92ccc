//! `flagctl diff`: compares two versions of flag files: contexts whose result changes, and stickiness violations.

mod change_text;
mod json;
mod markdown;
pub mod table;

use std::path::Path;

use crate::analysis::diff::DiffSide;
use crate::analysis::diff::DiffStatus;
use crate::analysis::diff::FlagDiff;
use crate::analysis::diff::diff;
use crate::analysis::flag_file::RawFlagFile;
use crate::cli::input::git;
use crate::cli::input::loaded_flags;
use crate::cli::input::loaded_flags::LoadedFlags;
use crate::cli::input::path_or_revision::load_path_or_revision;
use crate::cli::input::stdin;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::message;
use crate::document::serialize;
use crate::number;
use crate::resolve::system_clock;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::stickiness;

/// The arguments of `diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// Old flags: a file, a directory, a glob, - for standard input, or REV:PATH of a git repository. With --git, this is
    /// the path whose two revisions are compared.
    old: String,
    /// New flags: a file, a directory, a glob, - for standard input, or REV:PATH of a git repository.
    #[arg(required_unless_present = "git")]
    new: Option<String>,
    /// Compare two revisions of one path, for example --git main..HEAD flags.
    #[arg(long, value_name = "REV..REV", conflicts_with = "new")]
    git: Option<String>,
    /// Maximum number of example contexts per transition.
    #[arg(long, default_value_t = 3, value_name = "N")]
    examples: usize,
    /// Exit with 1 if a result changes or may change, or if the edit moves users of a running rollout in an unexpected
    /// way (F024 to F027).
    #[arg(long)]
    exit_code: bool,
    /// Output format of the changes.
    #[arg(
        short = 'o',
        long,
        alias = "format",
        default_value = "text",
        value_name = "FORMAT"
    )]
    output: DiffFormat,
}

/// The output formats of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DiffFormat {
    /// Columns, for terminals.
    #[value(alias = "table")]
    Text,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// Markdown, for pull requests.
    Markdown,
}

/// The maximum number of examples per transition.
const MAX_EXAMPLES: usize = 100;

/// Compares two versions. With `--exit-code`, fails if a result changes or may change, or if stickiness is violated.
///
/// # Errors
/// If flags cannot be read or parsed: a comparison with nothing would report them as added or removed.
pub fn run(arguments: &DiffArgs) -> anyhow::Result<CommandOutput> {
    let (old, new) = read_sides(arguments)?;
    // Files that have not changed have the same diagnostics on both sides.
    let stderr = message::findings(old.diagnostics().chain(new.diagnostics()));
    let examples = arguments.examples.min(MAX_EXAMPLES);
    let changes = diff(side(&old), side(&new), examples);
    let now = number::truncate_to_i64(system_clock());
    let violations = stickiness::document_violations(&old.document, &new.document, now);
    let unchanged =
        |change: &FlagDiff| matches!(change.status, DiffStatus::Same | DiffStatus::Equivalent);
    let same = violations.is_empty() && changes.iter().all(unchanged);
    let stdout = match arguments.output {
        DiffFormat::Text => table::render(&changes, &violations),
        DiffFormat::Markdown => markdown::render(&changes, &violations),
        DiffFormat::Json => serialize::to_pretty_json(&json::to_json(&changes, &violations)),
        DiffFormat::Yaml => serialize::to_yaml(&json::to_json(&changes, &violations)),
    };
    Ok(CommandOutput {
        stdout,
        stderr,
        success: !arguments.exit_code || same,
    })
}

fn read_sides(arguments: &DiffArgs) -> anyhow::Result<(LoadedFlags, LoadedFlags)> {
    match (&arguments.git, &arguments.new) {
        (Some(range), _) => {
            let Some((from, to)) = range.split_once("..") else {
                anyhow::bail!("invalid --git `{range}`: write two revisions, such as main..HEAD");
            };
            let path = Path::new(&arguments.old);
            let old = git::read_revision(revision_or_head(from), path)?;
            let new = git::read_revision(revision_or_head(to), path)?;
            if old.is_empty() && new.is_empty() {
                anyhow::bail!("no flag files in `{}` in {range}", path.display());
            }
            Ok((compile_texts(old)?, compile_texts(new)?))
        }
        (None, new) => {
            let new = new.as_deref().unwrap_or_default();
            stdin::check_single_use([Path::new(&arguments.old), Path::new(new)])?;
            Ok((
                load_path_or_revision(&arguments.old)?,
                load_path_or_revision(new)?,
            ))
        }
    }
}

fn revision_or_head(revision: &str) -> &str {
    if revision.is_empty() {
        "HEAD"
    } else {
        revision
    }
}

fn compile_texts(texts: Vec<RawFlagFile>) -> anyhow::Result<LoadedFlags> {
    loaded_flags::compile_texts(texts, FractionalVersion::V2)
}

fn side(flags: &LoadedFlags) -> DiffSide<'_> {
    DiffSide {
        document: &flags.document,
        ruleset: &flags.ruleset,
    }
}
