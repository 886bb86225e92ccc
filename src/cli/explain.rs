//! `flagctl explain`: an answer and how it came about.

pub mod data;
mod page;

use std::path::PathBuf;

use crate::cli::flags;
use crate::cli::output::Output;
use crate::cli::said::Said;
use crate::document::flag::Flag;
use crate::document::write;
use crate::rule::unit::Version;
use crate::ruleset;
use crate::study::ask::Asker;
use crate::study::diff::outcome::Outcome;
use crate::study::diff::outcome::outcome;
use crate::study::nearest;
use crate::study::nearest::Alternative;
use crate::study::trace;
use crate::study::trace::Trace;

/// The arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The key of the flag.
    key: String,
    /// Flag files, directories or globs; later ones win.
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    flags: Vec<PathBuf>,
    /// The evaluation context, or @FILE.
    #[arg(long, default_value = "{}", value_name = "JSON")]
    context: String,
    /// How to print it.
    #[arg(short = 'o', long, default_value = "table", value_name = "FORMAT")]
    output: Output,
}

/// An answer and how it came about.
#[derive(Debug)]
pub struct Explanation<'f> {
    /// The flag as written.
    pub flag: &'f Flag,
    /// The answer.
    pub outcome: Outcome,
    /// Why it is the answer, as in evaluation.
    pub reason: &'static str,
    /// How it came about.
    pub trace: Trace,
    /// What would have to change for other answers.
    pub alternatives: Vec<Alternative>,
    /// Whether there are no other answers than these.
    pub whole: bool,
}

/// Explains. The answer is no if the flag is not there or answers with an error.
///
/// # Errors
/// If files cannot be read or the context is not a JSON object.
pub fn run(arguments: &Arguments) -> anyhow::Result<Said> {
    let context = flags::context(&arguments.context)?;
    let asker = flags::asker(&context)?;
    let flags = flags::read(&arguments.flags, Version::V2)?;
    let mut talk: Vec<String> = flags.diagnostics.iter().map(ToString::to_string).collect();
    let at = flags
        .ruleset
        .position(&arguments.key, &crate::selector::Selector::All);
    let found = at.and_then(|at| {
        flags
            .document
            .flags
            .get(at)
            .zip(flags.ruleset.flags.get(at))
    });
    let Some((flag, compiled)) = found else {
        talk.push(format!("error: there is no flag `{}`", arguments.key));
        return Ok(Said {
            talk,
            ..Said::default()
        });
    };
    let explanation = explain(flag, compiled, &asker);
    let data = match arguments.output {
        Output::Table => page::page(&explanation),
        Output::Json => write::json(&data::data(&explanation)),
        Output::Yaml => write::yaml(&data::data(&explanation)),
    };
    Ok(Said {
        data,
        talk,
        yes: !matches!(explanation.outcome, Outcome::Error(_)),
    })
}

/// The answer of a flag to a context, and how it came about.
pub fn explain<'f>(flag: &'f Flag, compiled: &ruleset::Flag, asker: &Asker) -> Explanation<'f> {
    let trace = trace::trace(flag, compiled, asker);
    let (alternatives, whole) = nearest::nearest(flag, compiled, asker);
    Explanation {
        flag,
        outcome: outcome(compiled, trace.decision),
        reason: trace::reason(trace.decision),
        trace,
        alternatives,
        whole,
    }
}
