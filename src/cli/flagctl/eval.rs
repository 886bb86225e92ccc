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
use crate::cli::input::replica::evaluation;
use crate::cli::json_node;
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
pub struct EvalArgs {
    /// Key of the flag.
    key: String,
    /// The location of the flags.
    #[command(flatten)]
    location: FlagLocationArgs,
    /// Evaluation context, or @FILE.
    #[arg(long, default_value = "{}", value_name = "JSON")]
    context: String,
    /// Version of `fractional` for flags in files; a replica uses its own.
    #[arg(long, default_value = "v2", value_name = "VERSION")]
    fractional: FractionalArg,
    /// Output format.
    #[arg(short = 'o', long, default_value = "json", value_name = "FORMAT")]
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
    let context = evaluation_context::parse_context_arg(&arguments.context)?;
    let evaluated = match location_args::resolve(&arguments.location)? {
        FlagLocation::Replica(replica) => evaluate_at_replica(&replica, &arguments.key, &context)?,
        FlagLocation::Files(paths) => evaluate_from_files(&paths, arguments, &context)?,
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
        return Ok(not_found(key, Vec::new()));
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

fn not_found(key: &str, stderr: Vec<String>) -> CommandOutput {
    CommandOutput {
        stdout: error_response::flag_not_found(key, &Selector::All).body,
        stderr,
        success: false,
    }
}

/// Evaluates the flags in files. Returns an OFREP response.
fn evaluate_from_files(
    paths: &[PathBuf],
    arguments: &EvalArgs,
    context: &str,
) -> anyhow::Result<CommandOutput> {
    let flags = loaded_flags::load_paths(paths, arguments.fractional.into())?;
    let stderr = flags.stderr_lines();
    let Some(flag) = flags.ruleset.flag(&arguments.key) else {
        return Ok(not_found(&arguments.key, stderr));
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
        stderr,
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
