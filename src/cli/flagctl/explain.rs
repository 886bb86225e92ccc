//! `flagctl explain`: an answer and how it came about.

pub mod json;
mod text;

use std::path::PathBuf;

use crate::analysis::explain::counterfactual;
use crate::analysis::explain::counterfactual::Counterfactual;
use crate::analysis::explain::parse_definition;
use crate::analysis::explain::trace;
use crate::analysis::explain::trace::Trace;
use crate::analysis::model::concrete_eval::OwnedContext;
use crate::analysis::outcome::Outcome;
use crate::analysis::outcome::outcome_of_decision;
use crate::cli::input::definitions;
use crate::cli::input::files;
use crate::cli::input::flagctl_config::FlagLocation;
use crate::cli::input::flagctl_config::ReplicaEndpoint;
use crate::cli::input::replica::evaluation;
use crate::cli::input::replica::evaluation::ReplicaStatus;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::output_format::OutputFormat;
use crate::document::flag::FlagDefinition;
use crate::document::serialize;
use crate::document::syntax_tree::Node;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset;
use crate::selector::Selector;

/// The arguments of `explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// The key of the flag.
    key: String,
    /// Where to look.
    #[command(flatten)]
    location: definitions::FlagLocationArgs,
    /// The evaluation context, or @FILE.
    #[arg(long, default_value = "{}", value_name = "JSON")]
    context: String,
    /// How to print it.
    #[arg(short = 'o', long, default_value = "table", value_name = "FORMAT")]
    output: OutputFormat,
}

/// An answer and how it came about.
#[derive(Debug)]
pub struct Explanation<'f> {
    /// The flag as written.
    pub flag: &'f FlagDefinition,
    /// The answer.
    pub outcome: Outcome,
    /// Why it is the answer, as in evaluation.
    pub reason: &'static str,
    /// How it came about.
    pub trace: Trace,
    /// What would have to change for other answers.
    pub alternatives: Vec<Counterfactual>,
    /// Whether there are no other answers than these.
    pub alternatives_complete: bool,
    /// The replica that answered, if one was asked.
    pub replica_status: Option<ReplicaStatus>,
}

/// Explains. The answer is no if the flag is not there or answers with an error.
///
/// # Errors
/// If files cannot be read, the replica does not answer, or the context is not a JSON object.
pub fn run(arguments: &ExplainArgs) -> anyhow::Result<CommandOutput> {
    let context = files::parse_context_arg(&arguments.context)?;
    match definitions::resolve_location(&arguments.location)? {
        FlagLocation::Files(paths) => explain_from_files(&paths, arguments, &context),
        FlagLocation::Replica(replica) => explain_at_replica(&replica, arguments, &context),
    }
}

fn explain_from_files(
    paths: &[PathBuf],
    arguments: &ExplainArgs,
    context: &str,
) -> anyhow::Result<CommandOutput> {
    let asker = files::owned_context(context)?;
    let flags = files::load_paths(paths, FractionalVersion::V2)?;
    let talk: Vec<String> = flags.diagnostics.iter().map(ToString::to_string).collect();
    let at = flags.ruleset.position(&arguments.key, &Selector::All);
    let found = at.and_then(|at| {
        let written = flags.document.flags.get(at)?;
        Some((written, flags.ruleset.flags.get(at)?))
    });
    let Some((flag, compiled)) = found else {
        return Ok(flag_not_found(&arguments.key, talk));
    };
    Ok(command_output(
        &explain(flag, compiled, &asker),
        arguments.output,
        talk,
    ))
}

/// Explains what a replica answers, by its definition of the flag and the context that counted there.
fn explain_at_replica(
    replica: &ReplicaEndpoint,
    arguments: &ExplainArgs,
    context: &str,
) -> anyhow::Result<CommandOutput> {
    let key = &arguments.key;
    let Some(answered) = evaluation::evaluate(replica, key, context)? else {
        return Ok(flag_not_found(key, Vec::new()));
    };
    let mut talk: Vec<String> = answered.targeting_key_note(context).into_iter().collect();
    let Some(definition) = answered.non_null_member("definition") else {
        let code = definitions::member_str(&answered.node, "errorCode");
        talk.push(format!("error: flag `{key}` is faulty: it answers {code}"));
        return Ok(CommandOutput {
            stderr: talk,
            ..CommandOutput::default()
        });
    };
    let asker = answered.evaluation_context()?;
    let found = parse_definition::parse_and_compile(
        key,
        &serialize::to_pretty_json(definition),
        asker.fractional_version,
    );
    let Some((flag, compiled)) = found else {
        anyhow::bail!("the replica's definition of flag `{key}` cannot be read");
    };
    let mut explanation = explain(&flag, &compiled, &asker);
    explanation.replica_status = Some(answered.status());
    if explanation.reason != definitions::member_str(&answered.node, "reason")
        || explanation.outcome.variant_name()
            != answered.non_null_member("variant").and_then(Node::as_text)
    {
        talk.push("warning: the replica answers otherwise, so it is of another version".to_owned());
    }
    Ok(command_output(&explanation, arguments.output, talk))
}

fn flag_not_found(key: &str, mut talk: Vec<String>) -> CommandOutput {
    talk.push(format!("error: there is no flag `{key}`"));
    CommandOutput {
        stderr: talk,
        ..CommandOutput::default()
    }
}

fn command_output(
    explanation: &Explanation<'_>,
    output: OutputFormat,
    talk: Vec<String>,
) -> CommandOutput {
    let data = match output {
        OutputFormat::Table => text::render(explanation),
        OutputFormat::Json => serialize::to_pretty_json(&json::to_json(explanation)),
        OutputFormat::Yaml => serialize::to_yaml(&json::to_json(explanation)),
    };
    CommandOutput {
        stdout: data,
        stderr: talk,
        success: !matches!(explanation.outcome, Outcome::Error(_)),
    }
}

/// The answer of a flag to a context, and how it came about.
pub fn explain<'f>(
    flag: &'f FlagDefinition,
    compiled: &ruleset::CompiledFlag,
    asker: &OwnedContext,
) -> Explanation<'f> {
    let trace = trace::trace(flag, compiled, asker);
    let (alternatives, whole) = match asker.fractional_version {
        FractionalVersion::V2 => counterfactual::find_counterfactuals(flag, compiled, asker),
        // Nothing is known of where the third version puts other units.
        FractionalVersion::V3 => (Vec::new(), false),
    };
    Explanation {
        flag,
        outcome: outcome_of_decision(compiled, trace.decision),
        reason: trace::reason(trace.decision),
        trace,
        alternatives,
        alternatives_complete: whole,
        replica_status: None,
    }
}
