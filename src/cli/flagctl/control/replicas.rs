//! `flagctl replicas`: the revision and the lag of each replica, laggards first.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use crate::cli::flagctl::control::ControlArgs;
use crate::cli::flagctl::control::change_output::number;
use crate::cli::flagctl::control::client::Answer;
use crate::cli::flagctl::control::client::ControlClient;
use crate::cli::json_node::member_str;
use crate::cli::output::columns;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::output_format::OutputFormat;
use crate::document::serialize;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;

/// The time between two queries of `--watch`.
const WATCH_INTERVAL: Duration = Duration::from_secs(1);

/// The arguments of `replicas`.
#[derive(Debug, clap::Args)]
pub struct ReplicasArgs {
    /// Print the replicas every second, until interrupted.
    #[arg(short, long)]
    watch: bool,
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

/// Prints the replicas. Fails if some have not applied the published revision.
///
/// # Errors
/// If the control plane does not answer.
pub fn run(arguments: &ReplicasArgs) -> anyhow::Result<CommandOutput> {
    let client = arguments.control.client()?;
    loop {
        let output = look(arguments, &client)?;
        if !arguments.watch {
            return Ok(output);
        }
        writeln!(std::io::stdout(), "{}", output.stdout)?;
        std::thread::sleep(WATCH_INTERVAL);
    }
}

fn look(arguments: &ReplicasArgs, client: &ControlClient) -> anyhow::Result<CommandOutput> {
    let replicas = match client.get(&["replicas"], &[], Duration::ZERO)? {
        Answer::Ok(replicas) => replicas,
        Answer::Refused(why) => anyhow::bail!("{why}"),
    };
    let laggards = replicas.member("laggards").map(Node::items_or_self);
    Ok(CommandOutput {
        success: laggards.unwrap_or_default().is_empty(),
        stdout: match arguments.output {
            OutputFormat::Json => serialize::to_pretty_json(&replicas),
            OutputFormat::Yaml => serialize::to_yaml(&replicas),
            OutputFormat::Text => text(&replicas),
        },
        stderr: Vec::new(),
    })
}

/// Returns how many replicas have applied a revision, and which have not, as text.
pub fn progress_text(progress: &Node) -> String {
    let mut out = String::new();
    let (applied, expected) = (number(progress, "applied"), number(progress, "expected"));
    let revision = number(progress, "revision");
    let _ = write!(
        out,
        "revision {revision}: {applied} of {expected} replicas have applied it"
    );
    if progress.member("millis").is_some() {
        let _ = write!(out, " after {} ms", number(progress, "millis"));
    }
    out.push('\n');
    if let Some(plain) = progress
        .member("plain")
        .filter(|plain| number(plain, "connected") > 0.0)
    {
        let (delivered, connected) = (number(plain, "delivered"), number(plain, "connected"));
        let _ = writeln!(
            out,
            "plain peers, which send no receipts: sent to {delivered} of {connected}"
        );
    }
    let laggards = progress.member("laggards").map(Node::items_or_self);
    let rows = laggards.unwrap_or_default().iter().map(laggard_row);
    let rows: Vec<Vec<String>> = rows.collect();
    if !rows.is_empty() {
        let head = ["NAME", "STATE", "REVISION", "AGE"]
            .map(str::to_owned)
            .to_vec();
        let rows: Vec<Vec<String>> = [head].into_iter().chain(rows).collect();
        out.push_str(&columns::align_columns(&rows));
    }
    out
}

fn laggard_row(laggard: &Node) -> Vec<String> {
    let state = member_str(laggard, "state");
    let reason = member_str(laggard, "reason");
    let state = match reason {
        "" => state.to_owned(),
        reason => format!("{state}: {reason}"),
    };
    let age = format!("{} s", number(laggard, "ageSeconds"));
    vec![
        member_str(laggard, "name").to_owned(),
        state,
        revision_text(laggard),
        age,
    ]
}

fn revision_text(object: &Node) -> String {
    match object.member("revision").map(|revision| &revision.kind) {
        Some(NodeKind::Number(revision)) => revision.to_string(),
        _ => "-".to_owned(),
    }
}

fn text(replicas: &Node) -> String {
    let mut out = progress_text(replicas);
    let all = replicas.member("replicas").map(Node::items_or_self);
    let up_to_date = all.unwrap_or_default().iter().filter(|replica| {
        matches!(
            replica.member("upToDate").map(|member| &member.kind),
            Some(NodeKind::Bool(true))
        )
    });
    let rows: Vec<Vec<String>> = up_to_date
        .map(|replica| {
            let applied = replica.member("applied");
            vec![
                member_str(replica, "name").to_owned(),
                "up to date".to_owned(),
                applied.map_or_else(String::new, revision_text),
                member_str(replica, "version").to_owned(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let head = ["NAME", "STATE", "REVISION", "VERSION"]
            .map(str::to_owned)
            .to_vec();
        let rows: Vec<Vec<String>> = [head].into_iter().chain(rows).collect();
        out.push_str(&columns::align_columns(&rows));
    }
    out
}
