//! `flagctl token`: makes, lists and revokes tokens of the API.

use std::time::Duration;

use reqwest::Method;

use crate::cli::flagctl::control::ControlArgs;
use crate::cli::flagctl::control::change_output::number;
use crate::cli::flagctl::control::client::Answer;
use crate::cli::json_node;
use crate::cli::json_node::member_str;
use crate::cli::output::columns;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::message::Message;
use crate::cli::output::output_format::OutputFormat;
use crate::config::go_duration;
use crate::document::rollout::timestamp;
use crate::document::serialize;
use crate::document::syntax_tree::Node;
use crate::number::truncate_to_i64;

/// The name that means all environments.
const ALL_ENVIRONMENTS: &str = "*";

/// The actions on tokens.
#[derive(Debug, clap::Subcommand)]
pub enum TokenAction {
    /// Make a token and print it. It is shown once.
    Create(Box<CreateArgs>),
    /// Print the tokens: who has which grants, when each was used last, and when it expires.
    List(ListTokensArgs),
    /// Make a token invalid at once.
    Revoke(RevokeArgs),
}

/// The arguments of `token create`.
#[derive(Debug, clap::Args)]
pub struct CreateArgs {
    /// Name of the person or program, which the log shows as the actor.
    #[arg(value_name = "NAME")]
    name: String,
    /// What it may do, separated by commas: read, propose, write, approve, kill.
    #[arg(long, value_name = "VERBS", value_delimiter = ',', required = true)]
    verbs: Vec<String>,
    /// Whose token it is: person, automation, or publishable for a key that web pages send.
    #[arg(long, value_name = "KIND", default_value = "person")]
    kind: String,
    /// Grant the verbs in all environments, also in later ones.
    #[arg(long, conflicts_with = "env")]
    all_environments: bool,
    /// Grant the verbs on flags whose keys begin with this text.
    #[arg(long, value_name = "PREFIX", conflicts_with = "owner")]
    key_prefix: Option<String>,
    /// Grant the verbs on flags of this owner.
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
    /// Origin of the pages that use a publishable key, such as `https://shop.example`; may be repeated.
    #[arg(long, value_name = "ORIGIN")]
    origin: Vec<String>,
    /// Time until it becomes invalid, such as 720h.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    expires: Option<Duration>,
    /// Reason, for the log.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    output: TokenOutputArgs,
}

/// The arguments of `token list`.
#[derive(Debug, clap::Args)]
pub struct ListTokensArgs {
    #[command(flatten)]
    output: TokenOutputArgs,
}

/// The arguments of `token revoke`.
#[derive(Debug, clap::Args)]
pub struct RevokeArgs {
    /// Id of the token, as `flagctl token list` prints it.
    #[arg(value_name = "ID")]
    id: String,
    /// Reason, for the log.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    output: TokenOutputArgs,
}

/// The arguments that every action has.
#[derive(Debug, clap::Args)]
struct TokenOutputArgs {
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

fn parse_duration(text: &str) -> Result<Duration, String> {
    go_duration::parse(text).ok_or_else(|| go_duration::invalid_help(text))
}

/// Carries out an action.
///
/// # Errors
/// If the control plane does not answer.
pub fn run(action: &TokenAction) -> anyhow::Result<CommandOutput> {
    match action {
        TokenAction::Create(arguments) => create(arguments),
        TokenAction::List(arguments) => list(&arguments.output),
        TokenAction::Revoke(arguments) => revoke(arguments),
    }
}

fn create(arguments: &CreateArgs) -> anyhow::Result<CommandOutput> {
    let control = &arguments.output.control;
    let (client, environment) = if arguments.all_environments {
        (
            control.client_without_environment()?,
            ALL_ENVIRONMENTS.to_owned(),
        )
    } else {
        let client = control.client()?;
        let environment = client.environment().to_owned();
        (client, environment)
    };
    let body = create_body(arguments, &environment);
    let answer = client.send_to_server(Method::POST, &["tokens"], Some(&body))?;
    Ok(arguments.output.render(answer, |token| {
        let secret = member_str(token, "token");
        format!("{secret}\n")
    }))
}

fn create_body(arguments: &CreateArgs, environment: &str) -> Node {
    let strings = |texts: &[String]| {
        json_node::array(texts.iter().map(|text| json_node::string(text.as_str())))
    };
    let mut grant = vec![
        ("verbs", strings(&arguments.verbs)),
        ("environment", json_node::string(environment)),
    ];
    for (name, scope) in [
        ("keyPrefix", &arguments.key_prefix),
        ("owner", &arguments.owner),
    ] {
        grant.extend(
            scope
                .as_ref()
                .map(|text| (name, json_node::string(text.as_str()))),
        );
    }
    let mut members = vec![
        ("name", json_node::string(arguments.name.as_str())),
        ("kind", json_node::string(arguments.kind.as_str())),
        ("grants", json_node::array([json_node::object(grant)])),
        ("origins", strings(&arguments.origin)),
    ];
    let expires = arguments.expires.map(|expires| expires.as_secs() as f64);
    members.extend(expires.map(|seconds| ("expiresInSeconds", json_node::number(seconds))));
    members.extend(reason_member(arguments.reason.as_ref()));
    json_node::object(members)
}

fn reason_member(reason: Option<&String>) -> Option<(&'static str, Node)> {
    reason.map(|reason| ("reason", json_node::string(reason.as_str())))
}

fn list(output: &TokenOutputArgs) -> anyhow::Result<CommandOutput> {
    let client = output.control.client_without_environment()?;
    let answer = client.send_to_server(Method::GET, &["tokens"], None)?;
    Ok(output.render(answer, |answer| {
        let tokens = answer.member("tokens").map(Node::items_or_self);
        let heading =
            ["ID", "NAME", "KIND", "GRANTS", "LAST USED", "EXPIRES"].map(ToOwned::to_owned);
        let rows = tokens.unwrap_or_default().iter().map(row);
        let rows: Vec<Vec<String>> = std::iter::once(heading.to_vec()).chain(rows).collect();
        columns::align_columns(&rows)
    }))
}

fn row(token: &Node) -> Vec<String> {
    let grants = token.member("grants").map(Node::items_or_self);
    let grants: Vec<String> = grants.unwrap_or_default().iter().map(grant_text).collect();
    vec![
        member_str(token, "id").to_owned(),
        member_str(token, "name").to_owned(),
        member_str(token, "kind").to_owned(),
        grants.join("; "),
        time(token, "lastUsedMs"),
        time(token, "expiresMs"),
    ]
}

fn grant_text(grant: &Node) -> String {
    let verbs = grant
        .member("verbs")
        .map(Node::items_or_self)
        .unwrap_or_default();
    let verbs: Vec<&str> = verbs.iter().filter_map(Node::as_text).collect();
    let scope = match (member_str(grant, "keyPrefix"), member_str(grant, "owner")) {
        ("", "") => String::new(),
        ("", owner) => format!(" owner {owner}"),
        (prefix, _) => format!(" {prefix}…"),
    };
    format!(
        "{} in {}{scope}",
        verbs.join("+"),
        member_str(grant, "environment")
    )
}

/// A time in milliseconds; `-` if there is none.
fn time(token: &Node, name: &str) -> String {
    match number(token, name) {
        0.0 => "-".to_owned(),
        millis => timestamp::format_rfc3339(truncate_to_i64(millis / 1000.0)),
    }
}

fn revoke(arguments: &RevokeArgs) -> anyhow::Result<CommandOutput> {
    let client = arguments.output.control.client_without_environment()?;
    let body = json_node::object(reason_member(arguments.reason.as_ref()));
    let path = ["tokens", arguments.id.as_str()];
    let answer = client.send_to_server(Method::DELETE, &path, Some(&body))?;
    Ok(arguments.output.render(answer, |token| {
        format!("revoked the token of {}\n", member_str(token, "name"))
    }))
}

impl TokenOutputArgs {
    /// Prints the answer. A refusal is a negative result.
    fn render(&self, answer: Answer, text: impl FnOnce(&Node) -> String) -> CommandOutput {
        let answer = match answer {
            Answer::Ok(answer) => answer,
            Answer::Refused(why) => return CommandOutput::failure(vec![Message::Error(why)]),
        };
        CommandOutput::from_stdout(match self.output {
            OutputFormat::Json => serialize::to_pretty_json(&answer),
            OutputFormat::Yaml => serialize::to_yaml(&answer),
            OutputFormat::Text => text(&answer),
        })
    }
}
