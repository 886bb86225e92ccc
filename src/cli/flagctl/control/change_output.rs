//! The output of a change: the revision, and the users who get another variant.

use std::fmt::Write as _;

use crate::analysis::diff::DiffSide;
use crate::analysis::diff::diff;
use crate::cli::flagctl::control::client::Answer;
use crate::cli::flagctl::diff::table;
use crate::cli::json_node;
use crate::cli::json_node::member_str;
use crate::cli::output::command_output::CommandOutput;
use crate::cli::output::message::Message;
use crate::cli::output::output_format::OutputFormat;
use crate::document;
use crate::document::Document;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::document::serialize;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset;

/// The example contexts of each transition.
const EXAMPLES: usize = 3;

/// The arguments that every change has.
#[derive(Debug, Default, clap::Args)]
pub struct ChangeOutputArgs {
    /// Reason of the change, for the log.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Change nothing, and print which users would get another variant.
    #[arg(long)]
    pub dry_run: bool,
    /// Output format.
    #[arg(
        short = 'o',
        long,
        alias = "format",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub output: OutputFormat,
}

impl ChangeOutputArgs {
    /// The parameters of the request.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let dry_run = self.dry_run.then(|| ("dryRun", "true".to_owned()));
        dry_run.into_iter().collect()
    }

    /// Prints the answer. A refusal is a negative result.
    pub fn render(&self, answer: Answer) -> CommandOutput {
        let change = match answer {
            Answer::Ok(change) => change,
            Answer::Refused(why) => return CommandOutput::failure(vec![Message::Error(why)]),
        };
        let mut stderr = finding_messages(&change);
        if is_false(&change, "journalled") && !self.dry_run {
            let text = "the change is published, but not recorded yet: the store does not work";
            stderr.push(Message::Warning(text.to_owned()));
        }
        CommandOutput {
            stdout: match self.output {
                OutputFormat::Json => serialize::to_pretty_json(&change),
                OutputFormat::Yaml => serialize::to_yaml(&change),
                OutputFormat::Text => self.text(&change),
            },
            stderr,
            success: true,
        }
    }

    fn text(&self, change: &Node) -> String {
        let revision = number(change, "revision");
        let mut out = String::new();
        let _ = match (self.dry_run, is_false(change, "changed")) {
            (_, true) => writeln!(out, "revision {revision}: nothing to change"),
            (true, false) => writeln!(out, "dry run: the change would be revision {revision}"),
            (false, false) => writeln!(out, "revision {revision}"),
        };
        let changes = change.member("changes").map(Node::items_or_self);
        out.push_str(&who_flips(changes.unwrap_or_default()));
        out
    }
}

/// The findings of a change, as warnings.
pub fn finding_messages(change: &Node) -> Vec<Message> {
    let findings = change.member("findings").map(Node::items_or_self);
    let findings = findings.unwrap_or_default().iter();
    let texts = findings.filter_map(Node::as_text);
    texts
        .map(|text| Message::Warning(text.to_owned()))
        .collect()
}

/// The contexts whose result changes, as `flagctl diff` prints them.
fn who_flips(changes: &[Node]) -> String {
    let side = |name: &str| {
        let flags = changes.iter().filter_map(|change| {
            let definition = change.member(name)?;
            let exists = !matches!(definition.kind, NodeKind::Null);
            exists.then(|| (member_str(change, "key"), definition.clone()))
        });
        parse(&json_node::object([("flags", json_node::object(flags))]))
    };
    let (before, after) = (side("before"), side("after"));
    let compiled = [&before, &after].map(|document| {
        let (ruleset, _) = ruleset::compile(document, FractionalVersion::default());
        ruleset
    });
    let [old, new] = &compiled;
    let differences = diff(
        DiffSide {
            document: &before,
            ruleset: old,
        },
        DiffSide {
            document: &after,
            ruleset: new,
        },
        EXAMPLES,
    );
    table::render(&differences, &[])
}

fn parse(document: &Node) -> Document {
    let text = serialize::to_pretty_json(document);
    let origin = DocumentOrigin {
        source: "control".into(),
        file: "control".into(),
    };
    let parsed = document::parse(&text, DocumentFormat::Json, &origin);
    parsed.document.unwrap_or_default()
}

/// The number in a member; 0 if it has none.
pub fn number(object: &Node, name: &str) -> f64 {
    match object.member(name).map(|member| &member.kind) {
        Some(NodeKind::Number(number)) => *number,
        _ => 0.0,
    }
}

/// Returns true if a member is `false`.
pub fn is_false(object: &Node, name: &str) -> bool {
    matches!(
        object.member(name).map(|member| &member.kind),
        Some(NodeKind::Bool(false))
    )
}
