//! `flagctl kill`: serves the safe variant to all users, and waits until every replica has applied the kill.

use std::time::Duration;

use anyhow::Context as _;

use crate::cli::flagctl::control::change;
use crate::cli::flagctl::control::change::FlagChangeArgs;
use crate::cli::flagctl::control::change_output;
use crate::cli::flagctl::control::client::Answer;
use crate::cli::flagctl::control::client::ControlClient;
use crate::cli::flagctl::control::replicas;
use crate::cli::json_node;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::message::Message;
use crate::cli::output::output_format::OutputFormat;
use crate::config::go_duration;
use crate::document::serialize;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The longest time for which the control plane waits.
const MAX_TIMEOUT: Duration = Duration::from_secs(60);

/// The arguments of `kill`.
#[derive(Debug, clap::Args)]
pub struct KillArgs {
    /// Wait until all replicas have reported that they applied the kill. Exits with 1 if one has not within the timeout,
    /// or if no replica sends such reports.
    #[arg(long)]
    wait: bool,
    /// Time limit of --wait, such as 5s or 500ms; at most 60s.
    #[arg(long, value_name = "DURATION", default_value = "10s", requires = "wait", value_parser = parse_timeout)]
    timeout: Duration,
    /// The flag, the control plane, and the output.
    #[command(flatten)]
    change: FlagChangeArgs,
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    let timeout = go_duration::parse(text).ok_or("write a duration such as 5s or 500ms")?;
    if timeout > MAX_TIMEOUT {
        return Err("must be at most 60s".to_owned());
    }
    Ok(timeout)
}

/// Kills a flag.
///
/// # Errors
/// If the control plane does not answer.
pub fn run(arguments: &KillArgs) -> anyhow::Result<CommandOutput> {
    let change = &arguments.change;
    let client = change.control.client()?;
    let body = change::reason_body(&change.output);
    let answer = client.post(
        &["flags", &change.key, "kill"],
        &change.output.query(),
        &body,
    )?;
    match answer {
        Answer::Ok(killed) if arguments.wait && !change.output.dry_run => {
            wait(arguments, &client, &killed)
        }
        answer => Ok(change.output.render(answer)),
    }
}

/// Waits for receipts, and prints the replicas that have sent none.
fn wait(
    arguments: &KillArgs,
    client: &ControlClient,
    killed: &Node,
) -> anyhow::Result<CommandOutput> {
    let revision = change_output::number(killed, "revision");
    let query = [
        ("revision", revision.to_string()),
        ("waitMillis", arguments.timeout.as_millis().to_string()),
    ];
    let answer = client.get(&["progress"], &query, arguments.timeout)?;
    let mut progress = match answer {
        Answer::Ok(progress) => progress,
        Answer::Refused(why) => anyhow::bail!("{why}"),
    };
    let laggards = progress
        .member("laggards")
        .context("the response of the control plane has no member `laggards`")?;
    let is_complete = laggards.items_or_self().is_empty();
    let journalled = !change_output::is_false(killed, "journalled");
    if let NodeKind::Map(members) = &mut progress.kind {
        members.retain(|member| &*member.key != "plain" || is_some_plain(&member.value));
    }
    json_node::insert_first(&mut progress, "journalled", json_node::boolean(journalled));
    let mut stderr = change_output::finding_messages(killed);
    let nobody = change_output::number(&progress, "expected") == 0.0;
    if nobody {
        let text = "no known replica sends receipts: nothing proves that the kill has arrived";
        stderr.push(Message::Warning(text.to_owned()));
    }
    if !journalled {
        let text = "the kill is published, but not recorded yet: the store does not work";
        stderr.push(Message::Warning(text.to_owned()));
    }
    Ok(CommandOutput {
        stdout: match arguments.change.output.output {
            OutputFormat::Json => serialize::to_pretty_json(&progress),
            OutputFormat::Yaml => serialize::to_yaml(&progress),
            OutputFormat::Text => replicas::progress_text(&progress),
        },
        stderr,
        success: is_complete && !nobody,
    })
}

/// Returns true if plain peers are connected.
fn is_some_plain(plain: &Node) -> bool {
    change_output::number(plain, "connected") > 0.0
}
