//! `flagctl eval`: evaluates one flag, from files or by a running replica.

use std::path::PathBuf;

use bumpalo::Bump;

use crate::analysis::format;
use crate::cli::input::evaluation_context;
use crate::cli::input::flag_location::FlagLocation;
use crate::cli::input::flag_location::ReplicaEndpoint;
use crate::cli::input::loaded_flags;
use crate::cli::input::location_args;
use crate::cli::input::location_args::FlagLocationArgs;
use crate::cli::input::replica::definitions;
use crate::cli::input::replica::evaluation;
use crate::cli::json_node;
use crate::cli::json_node::member_str;
use crate::cli::output::columns;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::output_format::OutputFormat;
use crate::document::syntax_tree::Node;
use crate::json;
use crate::resolve::system_clock;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::selector::Selector;
use crate::wire::context::encoded::EncodedContext;
use crate::wire::ofrep::error_response;
use crate::wire::ofrep::evaluation_response;

/// The arguments of `eval`.
#[derive(Debug, clap::Args)]
#[command(override_usage = "flagctl eval [OPTIONS] <KEY>")]
pub struct EvalArgs {
    /// Key of the flag.
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// The location of the flags.
    #[command(flatten)]
    location: FlagLocationArgs,
    /// Evaluation context as a JSON object, @FILE for a file that contains it, or - for standard input.
    #[arg(long, default_value = "{}", value_name = "JSON")]
    context: String,
    /// Version of `fractional` for flags in files; a replica uses its own.
    #[arg(long, default_value = "v2", value_name = "VERSION")]
    fractional: FractionalArg,
    /// Output format: the OFREP response (value, key, reason, variant, metadata; errorCode after an error) as JSON or
    /// YAML, or one line of text.
    #[arg(
        short = 'o',
        long,
        alias = "format",
        default_value = "json",
        value_name = "FORMAT"
    )]
    output: OutputFormat,
}

/// Versions of `fractional`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FractionalArg {
    /// The version of flagd 0.16.
    V2,
    /// The version decided for flagd 1.0.
    V3,
}

impl From<FractionalArg> for FractionalVersion {
    fn from(fractional: FractionalArg) -> FractionalVersion {
        match fractional {
            FractionalArg::V2 => FractionalVersion::V2,
            FractionalArg::V3 => FractionalVersion::V3,
        }
    }
}

/// Evaluates a flag. Fails if the evaluation ends in an error.
///
/// # Errors
/// If files cannot be read, the replica does not answer, or the context is not a JSON object.
pub fn run(arguments: &EvalArgs) -> anyhow::Result<CommandOutput> {
    let (key, location) =
        location_args::resolve_key(&arguments.location, arguments.key.as_deref())?;
    let context = evaluation_context::parse_context_arg(&arguments.context, &location)?;
    let evaluated = match location {
        FlagLocation::Replica(replica) => evaluate_at_replica(&replica, &key, &context)?,
        FlagLocation::Files(paths) => {
            evaluate_from_files(&paths, &key, arguments.fractional.into(), &context)?
        }
    };
    let response = evaluated.stdout.trim_end();
    Ok(CommandOutput {
        stdout: match arguments.output {
            OutputFormat::Json => format!("{response}\n"),
            format => format.render(&json_node::parse(response)?, table),
        },
        ..evaluated
    })
}

/// Evaluates at a replica. Returns an OFREP response.
fn evaluate_at_replica(
    replica: &ReplicaEndpoint,
    key: &str,
    context: &str,
) -> anyhow::Result<CommandOutput> {
    let Some(evaluated) = evaluation::evaluate(replica, key, context)? else {
        // The keys are only for a suggestion.
        let known = definitions::list(replica).unwrap_or_default();
        return Ok(not_found(
            key,
            known.iter().map(|flag| member_str(flag, "key")),
        ));
    };
    let member = |name: &'static str| Some((name, evaluated.non_null_member(name)?.clone()));
    let names = ["value", "key", "reason", "variant", "errorCode"];
    let mut members: Vec<_> = names.into_iter().filter_map(member).collect();
    let definition = evaluated.non_null_member("definition");
    let metadata = definition.and_then(|definition| definition.member("metadata"));
    let success = evaluated.non_null_member("errorCode").is_none();
    members.retain(|(name, _)| success || *name != "reason");
    if success {
        let metadata = metadata.cloned().unwrap_or_else(|| json_node::object([]));
        members.push(("metadata", metadata));
    }
    let mut response = String::new();
    json::write_value(&mut response, &json_node::object(members).to_owned_value());
    Ok(CommandOutput {
        stdout: response,
        stderr: evaluated.targeting_key_note(context).into_iter().collect(),
        success,
    })
}

fn not_found<'k>(key: &str, known: impl IntoIterator<Item = &'k str>) -> CommandOutput {
    CommandOutput {
        stdout: error_response::flag_not_found(key, &Selector::All).body,
        ..CommandOutput::flag_not_found(key, known)
    }
}

/// Evaluates the flags in files. Returns an OFREP response.
fn evaluate_from_files(
    paths: &[PathBuf],
    key: &str,
    fractional: FractionalVersion,
    context: &str,
) -> anyhow::Result<CommandOutput> {
    let flags = loaded_flags::load_paths(paths, fractional)?;
    let Some(flag) = flags.ruleset.flag(key) else {
        return Ok(not_found(key, flags.keys()));
    };
    let arena = Bump::new();
    let context = EncodedContext::Json(Some(context))
        .context_for_flag(flag, &[], &arena, system_clock())
        .map_err(|error| anyhow::anyhow!("{}", error.message))?;
    let response =
        evaluation_response::encode_evaluation(flag, flag.decide(&context), &Selector::All);
    let success = response.is_ok();
    Ok(CommandOutput {
        stdout: response.unwrap_or_else(|failure| failure.body),
        stderr: flags.messages_of(key),
        success,
    })
}

/// The head and one row with the fields of a response.
fn table(response: &Node) -> Vec<Vec<String>> {
    let member = |name: &str| {
        let value = response.member(name)?;
        Some(match value.as_text() {
            Some(text) if name != "value" => text.to_owned(),
            _ => format::format_value(&value.to_owned_value()),
        })
    };
    let or_nothing = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
    let reason = member("reason").or_else(|| member("errorCode"));
    let row = [member("key"), member("variant"), member("value"), reason];
    let head = columns::row(["KEY", "VARIANT", "VALUE", "REASON"]);
    vec![head, row.map(or_nothing).into()]
}
