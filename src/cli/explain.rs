//! `flagctl explain`: an answer and how it came about.

pub mod data;
mod page;

use std::path::PathBuf;

use crate::cli::ask;
use crate::cli::ask::environment::Place;
use crate::cli::ask::environment::Replica;
use crate::cli::flags;
use crate::cli::output::Output;
use crate::cli::replica;
use crate::cli::replica::Standing;
use crate::cli::said::Said;
use crate::document::flag::Flag;
use crate::document::node::Node;
use crate::document::write;
use crate::rule::unit::Version;
use crate::ruleset;
use crate::selector::Selector;
use crate::study::ask::Asker;
use crate::study::diff::outcome::Outcome;
use crate::study::diff::outcome::outcome;
use crate::study::explained;
use crate::study::nearest;
use crate::study::nearest::Alternative;
use crate::study::trace;
use crate::study::trace::Trace;

/// The arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The key of the flag.
    key: String,
    /// Where to look.
    #[command(flatten)]
    ask: ask::Arguments,
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
    /// The replica that answered, if one was asked.
    pub standing: Option<Standing>,
}

/// Explains. The answer is no if the flag is not there or answers with an error.
///
/// # Errors
/// If files cannot be read, the replica does not answer, or the context is not a JSON object.
pub fn run(arguments: &Arguments) -> anyhow::Result<Said> {
    let context = flags::context(&arguments.context)?;
    match ask::place(&arguments.ask)? {
        Place::Files(paths) => locally(&paths, arguments, &context),
        Place::Replica(replica) => remotely(&replica, arguments, &context),
    }
}

fn locally(paths: &[PathBuf], arguments: &Arguments, context: &str) -> anyhow::Result<Said> {
    let asker = flags::asker(context)?;
    let flags = flags::read(paths, Version::V2)?;
    let talk: Vec<String> = flags.diagnostics.iter().map(ToString::to_string).collect();
    let at = flags.ruleset.position(&arguments.key, &Selector::All);
    let found = at.and_then(|at| {
        let written = flags.document.flags.get(at)?;
        Some((written, flags.ruleset.flags.get(at)?))
    });
    let Some((flag, compiled)) = found else {
        return Ok(missing(&arguments.key, talk));
    };
    Ok(said(
        &explain(flag, compiled, &asker),
        arguments.output,
        talk,
    ))
}

/// Explains what a replica answers, by its definition of the flag and the context that counted there.
fn remotely(replica: &Replica, arguments: &Arguments, context: &str) -> anyhow::Result<Said> {
    let key = &arguments.key;
    let Some(answered) = replica::evaluate(replica, key, context)? else {
        return Ok(missing(key, Vec::new()));
    };
    let mut talk: Vec<String> = answered.unit(context).into_iter().collect();
    let Some(definition) = answered.member("definition") else {
        let code = ask::text(&answered.node, "errorCode");
        talk.push(format!("error: flag `{key}` is faulty: it answers {code}"));
        return Ok(Said {
            talk,
            ..Said::default()
        });
    };
    let asker = answered.asker()?;
    let found = explained::flag(key, &write::json(definition), asker.fractional);
    let Some((flag, compiled)) = found else {
        anyhow::bail!("the replica's definition of flag `{key}` cannot be read");
    };
    let mut explanation = explain(&flag, &compiled, &asker);
    explanation.standing = Some(answered.standing());
    if explanation.reason != ask::text(&answered.node, "reason")
        || explanation.outcome.variant() != answered.member("variant").and_then(Node::as_text)
    {
        talk.push("warning: the replica answers otherwise, so it is of another version".to_owned());
    }
    Ok(said(&explanation, arguments.output, talk))
}

fn missing(key: &str, mut talk: Vec<String>) -> Said {
    talk.push(format!("error: there is no flag `{key}`"));
    Said {
        talk,
        ..Said::default()
    }
}

fn said(explanation: &Explanation<'_>, output: Output, talk: Vec<String>) -> Said {
    let data = match output {
        Output::Table => page::page(explanation),
        Output::Json => write::json(&data::data(explanation)),
        Output::Yaml => write::yaml(&data::data(explanation)),
    };
    Said {
        data,
        talk,
        yes: !matches!(explanation.outcome, Outcome::Error(_)),
    }
}

/// The answer of a flag to a context, and how it came about.
pub fn explain<'f>(flag: &'f Flag, compiled: &ruleset::Flag, asker: &Asker) -> Explanation<'f> {
    let trace = trace::trace(flag, compiled, asker);
    let (alternatives, whole) = match asker.fractional {
        Version::V2 => nearest::nearest(flag, compiled, asker),
        // Nothing is known of where the third version puts other units.
        Version::V3 => (Vec::new(), false),
    };
    Explanation {
        flag,
        outcome: outcome(compiled, trace.decision),
        reason: trace::reason(trace.decision),
        trace,
        alternatives,
        whole,
        standing: None,
    }
}
