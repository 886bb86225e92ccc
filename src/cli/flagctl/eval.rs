//! `flagctl eval`: one evaluation, without a server or by a running replica.

use std::path::PathBuf;

use bumpalo::Bump;

use crate::analysis::format;
use crate::cli::input::definitions;
use crate::cli::input::files;
use crate::cli::input::flagctl_config::FlagLocation;
use crate::cli::input::flagctl_config::ReplicaEndpoint;
use crate::cli::input::replica::evaluation;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::json_value;
use crate::cli::output::output_format;
use crate::cli::output::output_format::OutputFormat;
use crate::document::syntax_tree::Node;
use crate::json;
use crate::resolve::system_clock;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::selector::Selector;
use crate::wire::evaluation::request::EncodedContext;
use crate::wire::ofrep;

/// The arguments of `eval`.
#[derive(Debug, clap::Args)]
pub struct EvalArgs {
    /// The key of the flag.
    key: String,
    /// Where to look.
    #[command(flatten)]
    location: definitions::FlagLocationArgs,
    /// The evaluation context, or @FILE.
    #[arg(long, default_value = "{}", value_name = "JSON")]
    context: String,
    /// The version of `fractional`, for flags in files; a replica has its own.
    #[arg(long, default_value = "v2", value_name = "VERSION")]
    fractional: FractionalArg,
    /// How to print the answer.
    #[arg(short = 'o', long, default_value = "json", value_name = "FORMAT")]
    output: OutputFormat,
}

/// Versions of `fractional`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum FractionalArg {
    /// As in flagd 0.16.
    V2,
    /// As decided for flagd 1.0.
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

/// Evaluates. The answer is no if the flag has none.
///
/// # Errors
/// If files cannot be read, the replica does not answer, or the context is not a JSON object.
pub fn run(arguments: &EvalArgs) -> anyhow::Result<CommandOutput> {
    let context = files::parse_context_arg(&arguments.context)?;
    let (answer, yes, talk) = match definitions::resolve_location(&arguments.location)? {
        FlagLocation::Replica(replica) => evaluate_at_replica(&replica, &arguments.key, &context)?,
        FlagLocation::Files(paths) => evaluate_from_files(&paths, arguments, &context)?,
    };
    let data = match arguments.output {
        OutputFormat::Json => format!("{}\n", answer.trim_end()),
        output => output.render(&output_format::parse_json(&answer)?, table),
    };
    Ok(CommandOutput {
        stdout: data,
        stderr: talk,
        success: yes,
    })
}

/// The answer in the form of OFREP, whether it is one, and what else there is to say.
type EvalOutput = (String, bool, Vec<String>);

/// What a replica answers.
fn evaluate_at_replica(
    replica: &ReplicaEndpoint,
    key: &str,
    context: &str,
) -> anyhow::Result<EvalOutput> {
    let Some(answered) = evaluation::evaluate(replica, key, context)? else {
        let answer = ofrep::flag_not_found(key, &Selector::All).body;
        return Ok((answer, false, Vec::new()));
    };
    let member = |name: &'static str| Some((name, answered.non_null_member(name)?.clone()));
    let names = ["value", "key", "reason", "variant", "errorCode"];
    let mut members: Vec<_> = names.into_iter().filter_map(member).collect();
    let definition = answered.non_null_member("definition");
    let metadata = definition.and_then(|definition| definitions::member(definition, "metadata"));
    let yes = answered.non_null_member("errorCode").is_none();
    members.retain(|(name, _)| yes || *name != "reason");
    if yes {
        let metadata = metadata.cloned().unwrap_or_else(|| json_value::object([]));
        members.push(("metadata", metadata));
    }
    let mut answer = String::new();
    json::write_value(&mut answer, &json_value::object(members).to_owned_value());
    Ok((
        answer,
        yes,
        answered.targeting_key_note(context).into_iter().collect(),
    ))
}

/// What the flags in files answer.
fn evaluate_from_files(
    paths: &[PathBuf],
    arguments: &EvalArgs,
    context: &str,
) -> anyhow::Result<EvalOutput> {
    let flags = files::load_paths(paths, arguments.fractional.into())?;
    let talk = flags.diagnostics.iter().map(ToString::to_string).collect();
    let Some(flag) = flags.ruleset.flag(&arguments.key) else {
        let answer = ofrep::flag_not_found(&arguments.key, &Selector::All).body;
        return Ok((answer, false, talk));
    };
    let arena = Bump::new();
    let context = EncodedContext::Json(Some(context))
        .context_for_flag(flag, &[], &arena, system_clock())
        .map_err(|error| anyhow::anyhow!("{}", error.message))?;
    Ok(
        match ofrep::encode_evaluation(flag, flag.decide(&context), &Selector::All) {
            Ok(answer) => (answer, true, talk),
            Err(failure) => (failure.body, false, talk),
        },
    )
}

fn table(answer: &Node) -> Vec<Vec<String>> {
    let member = |name: &str| {
        let mut members = answer.as_map().unwrap_or_default().iter();
        let member = members.find(|member| &*member.key == name)?;
        Some(match member.value.as_text() {
            Some(text) if name != "value" => text.to_owned(),
            _ => format::format_value(&member.value.to_owned_value()),
        })
    };
    let or_nothing = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
    let reason = member("reason").or_else(|| member("errorCode"));
    let row = [member("key"), member("variant"), member("value"), reason];
    let head = ["KEY", "VARIANT", "VALUE", "REASON"];
    vec![head.map(str::to_owned).into(), row.map(or_nothing).into()]
}
