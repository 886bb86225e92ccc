//! `flagctl diff`: who gets another answer after a change, and what the change breaks.

mod data;
mod page;

use std::path::Path;

use crate::cli::flags;
use crate::cli::flags::Flags;
use crate::cli::flags::revision;
use crate::cli::said::Said;
use crate::document::write;
use crate::number;
use crate::promise;
use crate::resolve::system_clock;
use crate::rule::unit::Version;
use crate::study::diff::Change;
use crate::study::diff::Side;
use crate::study::diff::Verdict;
use crate::study::diff::diff;
use crate::study::file::Text;

/// The arguments of `diff`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
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
    output: Form,
}

/// The forms of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
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
const EXAMPLES: usize = 100;

/// Compares. The answer is no if `--exit-code` asks for it and something changes, is not known, or breaks a promise.
///
/// # Errors
/// If flags cannot be read.
pub fn run(arguments: &Arguments) -> anyhow::Result<Said> {
    let (old, new) = sides(arguments)?;
    let mut talk = Vec::new();
    for diagnostic in old.diagnostics.iter().chain(&new.diagnostics) {
        let line = diagnostic.to_string();
        if !talk.contains(&line) {
            talk.push(line);
        }
    }
    let examples = arguments.examples.min(EXAMPLES);
    let changes = diff(side(&old), side(&new), examples);
    let now = number::truncate(system_clock());
    let broken = promise::check_documents(&old.document, &new.document, now);
    let still = |change: &Change| matches!(change.verdict, Verdict::Same | Verdict::Equivalent);
    let stays = broken.is_empty() && changes.iter().all(still);
    let data = match arguments.output {
        Form::Table => page::table(&changes, &broken),
        Form::Markdown => page::markdown(&changes, &broken),
        Form::Json => write::json(&data::data(&changes, &broken)),
        Form::Yaml => write::yaml(&data::data(&changes, &broken)),
    };
    Ok(Said {
        data,
        talk,
        yes: !arguments.exit_code || stays,
    })
}

fn sides(arguments: &Arguments) -> anyhow::Result<(Flags, Flags)> {
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
            let old = revision::texts(&named(from), path)?;
            let new = revision::texts(&named(to), path)?;
            Ok((load(old)?, load(new)?))
        }
        (None, new) => {
            let new = new.as_deref().unwrap_or_default();
            Ok((revision::named(&arguments.old)?, revision::named(new)?))
        }
    }
}

fn load(texts: Vec<Text>) -> anyhow::Result<Flags> {
    flags::load(texts, Version::V2)
}

fn side(flags: &Flags) -> Side<'_> {
    Side {
        document: &flags.document,
        ruleset: &flags.ruleset,
    }
}
