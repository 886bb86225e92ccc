//! `flagctl eval`: one evaluation without a server.

use std::path::PathBuf;
use std::sync::Arc;

use bumpalo::Bump;

use crate::diag::Diagnostic;
use crate::document::Faults;
use crate::document::Origin;
use crate::document::merge::merge;
use crate::json;
use crate::resolve::system_clock;
use crate::rule::unit::Version;
use crate::ruleset;
use crate::selector::Selector;
use crate::source::file::Selection;
use crate::source::known;
use crate::wire::ofrep;
use crate::wire::request::Attributes;

/// The arguments of `eval`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The key of the flag.
    key: String,
    /// Flag files, directories or globs; later ones win.
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    flags: Vec<PathBuf>,
    /// The evaluation context.
    #[arg(long, default_value = "{}", value_name = "JSON")]
    context: String,
    /// The version of `fractional`.
    #[arg(long, default_value = "v2", value_name = "VERSION")]
    fractional: Fractional,
    /// How to print the answer.
    #[arg(short = 'o', long, default_value = "json", value_parser = ["json"], value_name = "FORMAT")]
    output: String,
}

/// Versions of `fractional`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Fractional {
    /// As in flagd 0.16.
    V2,
    /// As decided for flagd 1.0.
    V3,
}

impl From<Fractional> for Version {
    fn from(fractional: Fractional) -> Version {
        match fractional {
            Fractional::V2 => Version::V2,
            Fractional::V3 => Version::V3,
        }
    }
}

/// What an evaluation came to.
#[derive(Debug)]
pub struct Outcome {
    /// What is printed on standard output: the answer in the form of OFREP.
    pub answer: String,
    /// What is told on standard error.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the flag answered.
    pub answered: bool,
}

/// Evaluates.
///
/// # Errors
/// If files cannot be read or the context is not a JSON object.
pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let mut documents = Vec::new();
    let mut diagnostics = Vec::new();
    for path in &arguments.flags {
        let files = Selection::of(path).files();
        for file in files.map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))? {
            let name: Arc<str> = file.to_string_lossy().into();
            let bytes = std::fs::read(&file).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
            let origin = Origin {
                source: name.clone(),
                file: name,
            };
            let (document, found) = known::parse(&file, &origin, &bytes, Faults::Contain);
            documents.extend(document);
            diagnostics.extend(found);
        }
    }
    let (ruleset, found) = ruleset::compile(&merge(&documents), arguments.fractional.into());
    diagnostics.extend(found);
    let context = context(&arguments.context)?;
    let Some(flag) = ruleset.flag(&arguments.key) else {
        let answer = ofrep::not_found(&arguments.key, &Selector::All).body;
        let answered = false;
        return Ok(Outcome {
            answer,
            diagnostics,
            answered,
        });
    };
    let arena = Bump::new();
    let context = context
        .context(flag, &[], &arena, system_clock())
        .map_err(|error| anyhow::anyhow!("{}", error.message))?;
    let evaluated = ofrep::evaluated(flag, flag.decide(&context), &Selector::All);
    let answered = evaluated.is_ok();
    let answer = evaluated.unwrap_or_else(|failure| failure.body);
    Ok(Outcome {
        answer,
        diagnostics,
        answered,
    })
}

fn context(text: &str) -> anyhow::Result<Attributes<'_>> {
    let mut reader = json::Reader::new(text);
    let kind = reader.peek();
    let read = kind.and_then(|kind| {
        reader.skip()?;
        reader.end()?;
        Ok(kind)
    });
    match read {
        Ok(json::Kind::Map) => Ok(Attributes::Json(Some(text))),
        Ok(_) => anyhow::bail!("--context is not a JSON object"),
        Err(error) => anyhow::bail!("--context is not JSON: {}", error.describe(text)),
    }
}
