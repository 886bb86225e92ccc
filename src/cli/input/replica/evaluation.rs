//! The evaluation of one flag by a running replica, with the status of the replica.

use crate::analysis::model::owned_context::OwnedContext;
use crate::cli::input::flag_location::ReplicaEndpoint;
use crate::cli::input::replica::client;
use crate::cli::json_node;
use crate::cli::json_node::member_str;
use crate::cli::output::message::Message;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::value::OwnedValue;

/// The response of the debug endpoint to an evaluation.
#[derive(Debug)]
pub struct ReplicaEvaluation {
    /// The JSON object of the response.
    pub node: Node,
}

/// Evaluates a flag at a replica, for a context in JSON; `None` if it has no such flag.
///
/// # Errors
/// If the replica does not answer.
pub fn evaluate(
    replica: &ReplicaEndpoint,
    key: &str,
    context: &str,
) -> anyhow::Result<Option<ReplicaEvaluation>> {
    let body = format!("{{\"context\":{context}}}");
    let Some(answer) = client::request_json(replica, &["debug", "flags", key], Some(body))? else {
        return Ok(None);
    };
    let node = json_node::parse(&answer)?;
    Ok(Some(ReplicaEvaluation { node }))
}

impl ReplicaEvaluation {
    /// A member of the response; `None` if it is absent or null.
    pub fn non_null_member(&self, name: &str) -> Option<&Node> {
        self.node
            .member(name)
            .filter(|node| !matches!(node.kind, NodeKind::Null))
    }

    /// A note for standard error if the context has no targeting key: the replica then uses its own name.
    pub fn targeting_key_note(&self, context: &str) -> Option<Message> {
        let context = json_node::parse(context).ok()?;
        if context.member("targetingKey").is_some() {
            return None;
        }
        let unit = member_str(&self.node, "targetingKey");
        Some(Message::Note(format!(
            "the context has no targetingKey: evaluated for `{unit}`, the name of the replica"
        )))
    }

    /// The context that the replica evaluated: the one of the request with the context that the replica adds.
    ///
    /// # Errors
    /// If the response does not contain it.
    pub fn evaluation_context(&self) -> anyhow::Result<OwnedContext> {
        let context = self.non_null_member("context").map(Node::to_owned_value);
        let Some(OwnedValue::Map(members)) = context else {
            anyhow::bail!(
                "the replica does not report the evaluated context: its version is too old"
            );
        };
        let seconds = self.non_null_member("timestamp").map(|node| &node.kind);
        let seconds = match seconds {
            Some(NodeKind::Number(seconds)) => Some(*seconds),
            _ => None,
        };
        let fractional = match member_str(&self.node, "fractional") {
            "v3" => FractionalVersion::V3,
            _ => FractionalVersion::V2,
        };
        Ok(OwnedContext {
            attributes: members,
            seconds,
            fractional_version: fractional,
        })
    }

    /// The status of the replica and of the flag's source.
    pub fn status(&self) -> ReplicaStatus {
        let number = |node: Option<&Node>| match node.map(|node| &node.kind) {
            Some(NodeKind::Number(n)) => *n,
            _ => 0.0,
        };
        let source = self.non_null_member("source");
        let of_source = |name| {
            source
                .map_or("", |source| member_str(source, name))
                .to_owned()
        };
        ReplicaStatus {
            name: member_str(&self.node, "replica").to_owned(),
            generation: number(self.non_null_member("generation")),
            source: of_source("name"),
            sync_state: of_source("sync"),
            age_seconds: number(source.and_then(|source| source.member("age"))),
        }
    }
}

/// The replica that evaluated, the generation of its flags, and the freshness of the flag's source.
#[derive(Debug)]
pub struct ReplicaStatus {
    /// The name of the replica.
    pub name: String,
    /// The generation of its flags.
    pub generation: f64,
    /// The flag's source.
    pub source: String,
    /// The synchronisation state of the source.
    pub sync_state: String,
    /// The seconds since the source was last known to be current.
    pub age_seconds: f64,
}
