//! `flagctl log`: the events of an environment, the newest first.

use std::time::Duration;

use crate::cli::flagctl::control::ControlArgs;
use crate::cli::flagctl::control::change_output::number;
use crate::cli::flagctl::control::client::Answer;
use crate::cli::flagctl::control::log_verify;
use crate::cli::flagctl::control::log_verify::LogVerifyArgs;
use crate::cli::json_node::member_str;
use crate::cli::output::columns;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::message::Message;
use crate::cli::output::output_format::OutputFormat;
use crate::document::rollout::timestamp;
use crate::document::serialize;
use crate::document::syntax_tree::Node;
use crate::number::truncate_to_i64;

/// The arguments of `log`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct LogArgs {
    #[command(subcommand)]
    action: Option<LogAction>,
    /// Print only events of this flag.
    #[arg(long, value_name = "KEY")]
    flag: Option<String>,
    /// Print only events of this person or program.
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Print only events of this kind, such as flag.killed.
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Print only events at this time or later, such as 2026-06-01 or 2026-06-01T08:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<i64>,
    /// Print only events before this time.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<i64>,
    /// Print only events with a lower number than this.
    #[arg(long, value_name = "NUMBER")]
    before: Option<u64>,
    /// Maximum number of events.
    #[arg(short = 'n', long, default_value_t = 20, value_name = "COUNT")]
    limit: u32,
    /// Output format.
    #[arg(
        short = 'o',
        long,
        alias = "format",
        default_value = "text",
        value_name = "FORMAT"
    )]
    output: OutputFormat,
    /// The control plane.
    #[command(flatten)]
    control: ControlArgs,
}

#[derive(Debug, clap::Subcommand)]
enum LogAction {
    /// Fetch all events and check that none was changed or removed. If one was, name the first such event and exit with
    /// 1.
    Verify(LogVerifyArgs),
}

fn parse_time(text: &str) -> Result<i64, String> {
    let seconds = timestamp::parse_timestamp(text);
    let seconds = seconds.ok_or("write a time such as 2026-06-01T08:00:00Z, or a date")?;
    Ok(seconds * 1000)
}

/// Prints events.
///
/// # Errors
/// If the control plane does not answer.
pub fn run(arguments: &LogArgs) -> anyhow::Result<CommandOutput> {
    if let Some(LogAction::Verify(arguments)) = &arguments.action {
        return log_verify::run(arguments);
    }
    let client = arguments.control.client()?;
    let page = match client.get(&["log"], &query(arguments), Duration::ZERO)? {
        Answer::Ok(page) => page,
        Answer::Refused(why) => return Ok(CommandOutput::failure(vec![Message::Error(why)])),
    };
    let events = page
        .member("events")
        .map(Node::items_or_self)
        .unwrap_or_default();
    let stdout = match arguments.output {
        OutputFormat::Json => serialize::to_pretty_json(&page),
        OutputFormat::Yaml => serialize::to_yaml(&page),
        OutputFormat::Text => {
            let rows: Vec<Vec<String>> = events.iter().map(row).collect();
            columns::align_columns(&rows)
        }
    };
    Ok(CommandOutput::from_stdout(stdout))
}

fn query(arguments: &LogArgs) -> Vec<(&'static str, String)> {
    let texts = [
        ("flag", arguments.flag.clone()),
        ("actor", arguments.actor.clone()),
        ("kind", arguments.kind.clone()),
        ("from", arguments.from.map(|at| at.to_string())),
        ("until", arguments.until.map(|at| at.to_string())),
        ("before", arguments.before.map(|number| number.to_string())),
        ("limit", Some(arguments.limit.to_string())),
    ];
    let given = texts.into_iter();
    given
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn row(event: &Node) -> Vec<String> {
    let actor = event.member("actor");
    let actor = actor.map_or("", |actor| member_str(actor, "name"));
    let seconds = truncate_to_i64(number(event, "atMs") / 1000.0);
    let change = event.member("change").map_or_else(String::new, compact);
    let reason = member_str(event, "reason");
    let detail = match reason {
        "" => change,
        reason => format!("{change} ({reason})"),
    };
    vec![
        number(event, "seq").to_string(),
        timestamp::format_rfc3339(seconds),
        actor.to_owned(),
        member_str(event, "kind").to_owned(),
        member_str(event, "flag").to_owned(),
        detail.trim().to_owned(),
    ]
}

/// A value as JSON on one line; nothing for an empty object.
fn compact(value: &Node) -> String {
    if value.as_map().is_some_and(<[_]>::is_empty) {
        return String::new();
    }
    let mut out = String::new();
    crate::json::write_value(&mut out, &value.to_owned_value());
    out
}
