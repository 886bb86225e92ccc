//! `flagctl explain`: explains the evaluation of a flag, from files or by a running replica.

mod explanation;
mod json;
mod text;

use std::path::PathBuf;

use crate::analysis::explain::parse_definition;
use crate::analysis::outcome::Outcome;
use crate::cli::flagctl::explain::explanation::Explanation;
use crate::cli::flagctl::explain::explanation::explain;
use crate::cli::input::evaluation_context;
use crate::cli::input::flag_location::FlagLocation;
use crate::cli::input::flag_location::ReplicaEndpoint;
use crate::cli::input::loaded_flags;
use crate::cli::input::location_args;
use crate::cli::input::location_args::FlagLocationArgs;
use crate::cli::input::replica::definitions;
use crate::cli::input::replica::evaluation;
use crate::cli::json_node::member_str;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::message::Message;
use crate::cli::output::output_format::OutputFormat;
use crate::document::serialize;
use crate::document::syntax_tree::Node;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::selector::Selector;

/// The arguments of `explain`.
#[derive(Debug, clap::Args)]
#[command(override_usage = "flagctl explain [OPTIONS] <KEY>")]
pub struct ExplainArgs {
    /// Key of the flag.
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// The location of the flags.
    #[command(flatten)]
    location: FlagLocationArgs,
    /// Evaluation context as a JSON object, @FILE for a file that contains it, or - for standard input.
    #[arg(long, default_value = "{}", value_name = "JSON")]
    context: String,
    /// Output format: text, or the same content as JSON or YAML.
    #[arg(
        short = 'o',
        long,
        alias = "format",
        default_value = "text",
        value_name = "FORMAT"
    )]
    output: OutputFormat,
}

/// Explains an evaluation. Fails if the flag does not exist or the evaluation ends in an error.
///
/// # Errors
/// If files cannot be read, the replica does not answer, or the context is not a JSON object.
pub fn run(arguments: &ExplainArgs) -> anyhow::Result<CommandOutput> {
    let (key, location) =
        location_args::resolve_key(&arguments.location, arguments.key.as_deref())?;
    let context = evaluation_context::parse_context_arg(&arguments.context, &location)?;
    match location {
        FlagLocation::Files(paths) => explain_from_files(&paths, &key, &context, arguments.output),
        FlagLocation::Replica(replica) => {
            explain_at_replica(&replica, &key, &context, arguments.output)
        }
    }
}

fn explain_from_files(
    paths: &[PathBuf],
    key: &str,
    context: &str,
    output: OutputFormat,
) -> anyhow::Result<CommandOutput> {
    let context = evaluation_context::owned_context(context)?;
    let flags = loaded_flags::load_paths(paths, FractionalVersion::V2)?;
    let index = flags.ruleset.position(key, &Selector::All);
    let found = index.and_then(|index| {
        let definition = flags.document.flags.get(index)?;
        Some((definition, flags.ruleset.flags.get(index)?))
    });
    let Some((flag, compiled)) = found else {
        return Ok(CommandOutput::flag_not_found(key, flags.keys()));
    };
    Ok(command_output(
        &explain(flag, compiled, &context),
        output,
        flags.messages_of(key),
    ))
}

/// Explains the evaluation of a replica: the flag definition and the context are those of the replica.
fn explain_at_replica(
    replica: &ReplicaEndpoint,
    key: &str,
    context: &str,
    output: OutputFormat,
) -> anyhow::Result<CommandOutput> {
    let Some(evaluated) = evaluation::evaluate(replica, key, context)? else {
        // The keys are only for a suggestion.
        let known = definitions::list(replica).unwrap_or_default();
        let known = known.iter().map(|flag| member_str(flag, "key"));
        return Ok(CommandOutput::flag_not_found(key, known));
    };
    let mut stderr: Vec<Message> = evaluated.targeting_key_note(context).into_iter().collect();
    let Some(definition) = evaluated.non_null_member("definition") else {
        let code = member_str(&evaluated.node, "errorCode");
        stderr.push(Message::Error(format!(
            "definition of flag `{key}` has an error: evaluation returns {code}"
        )));
        return Ok(CommandOutput::failure(stderr));
    };
    let context = evaluated.evaluation_context()?;
    let found = parse_definition::parse_and_compile(
        key,
        &serialize::to_pretty_json(definition),
        context.fractional_version,
    );
    let Some((flag, compiled)) = found else {
        anyhow::bail!("the replica returned an invalid definition of flag `{key}`");
    };
    let mut explanation = explain(&flag, &compiled, &context);
    explanation.replica_status = Some(evaluated.status());
    if explanation.reason != member_str(&evaluated.node, "reason")
        || explanation.outcome.variant_name()
            != evaluated.non_null_member("variant").and_then(Node::as_text)
    {
        let text = "the replica returned a different result: it runs another version";
        stderr.push(Message::Warning(text.to_owned()));
    }
    Ok(command_output(&explanation, output, stderr))
}

fn command_output(
    explanation: &Explanation<'_>,
    output: OutputFormat,
    stderr: Vec<Message>,
) -> CommandOutput {
    let stdout = match output {
        OutputFormat::Text => text::render(explanation),
        OutputFormat::Json => serialize::to_pretty_json(&json::to_json(explanation)),
        OutputFormat::Yaml => serialize::to_yaml(&json::to_json(explanation)),
    };
    CommandOutput {
        stdout,
        stderr,
        success: !matches!(explanation.outcome, Outcome::Error(_)),
    }
}
