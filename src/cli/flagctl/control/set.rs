//! `flagctl set`: overrides the percentage, the rings or the lists of a rollout.

use crate::cli::flagctl::control::change::FlagChangeArgs;
use crate::cli::json_node;
use crate::cli::output::command_output::CommandOutput;
use crate::document::syntax_tree::Node;

/// The arguments of `set`.
#[derive(Debug, clap::Args)]
pub struct SetArgs {
    /// Percentage of the users who are in none of the rings and lists.
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true, value_parser = parse_percentage)]
    percentage: Option<f64>,
    /// Rings whose users get the released variant, separated by commas; an empty value means none.
    #[arg(long, value_name = "NAMES")]
    rings: Option<String>,
    /// Targeting keys that always get the released variant, separated by commas; an empty value means none.
    #[arg(long, value_name = "KEYS")]
    allow: Option<String>,
    /// Targeting keys that never get the released variant, separated by commas; an empty value means none.
    #[arg(long, value_name = "KEYS")]
    deny: Option<String>,
    /// Remove earlier overrides, so that the fields of the flag file apply again.
    #[arg(long)]
    reset: bool,
    /// Index of the rollout, starting at 0, if the flag has several.
    #[arg(long, value_name = "INDEX")]
    rollout: Option<u16>,
    /// The flag, the control plane, and the output.
    #[command(flatten)]
    change: FlagChangeArgs,
}

fn parse_percentage(text: &str) -> Result<f64, String> {
    let number = text
        .parse::<f64>()
        .ok()
        .filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "write a number from 0 to 100, such as 2.5".to_owned())
}

/// Overrides fields of a rollout.
///
/// # Errors
/// If nothing is to be set, or the control plane does not answer.
pub fn run(arguments: &SetArgs) -> anyhow::Result<CommandOutput> {
    let change = &arguments.change;
    let body = body(arguments);
    if body.as_map().is_none_or(<[_]>::is_empty) {
        anyhow::bail!("nothing to set: pass --percentage, --rings, --allow, --deny or --reset");
    }
    let mut body = body;
    if let Some(reason) = &change.output.reason {
        json_node::insert_first(&mut body, "reason", json_node::string(reason.as_str()));
    }
    let client = change.control.client()?;
    let answer = client.post(
        &["flags", &change.key, "set"],
        &change.output.query(),
        &body,
    )?;
    Ok(change.output.render(answer))
}

fn body(arguments: &SetArgs) -> Node {
    let mut members = Vec::new();
    if arguments.reset {
        members.push(("reset", json_node::boolean(true)));
    }
    if let Some(percentage) = arguments.percentage {
        members.push(("percentage", json_node::number(percentage)));
    }
    let lists = [
        ("rings", &arguments.rings),
        ("allow", &arguments.allow),
        ("deny", &arguments.deny),
    ];
    for (name, list) in lists {
        if let Some(list) = list {
            members.push((name, split(list)));
        }
    }
    if let Some(index) = arguments.rollout.filter(|_| !members.is_empty()) {
        members.push(("rollout", json_node::number(index.into())));
    }
    json_node::object(members)
}

/// The entries of a list that is separated by commas.
fn split(list: &str) -> Node {
    let entries = list
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty());
    json_node::array(entries.map(json_node::string))
}
