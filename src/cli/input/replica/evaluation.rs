//! What a running replica answers for a flag, and how it says that it is.

use crate::analysis::model::concrete_eval::OwnedContext;
use crate::cli::input::definitions;
use crate::cli::input::definitions::member_str;
use crate::cli::input::flagctl_config::ReplicaEndpoint;
use crate::cli::input::replica::client;
use crate::cli::output::output_format;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::value::OwnedValue;

/// The answer of a replica, with all that it says of it.
#[derive(Debug)]
pub struct ReplicaEvaluation {
    /// The answer, as the debug endpoint gives it.
    pub node: Node,
}

/// What a replica answers for a flag and a context in JSON; `None` if it has no such flag.
///
/// # Errors
/// If it cannot be asked, and why.
pub fn evaluate(
    replica: &ReplicaEndpoint,
    key: &str,
    context: &str,
) -> anyhow::Result<Option<ReplicaEvaluation>> {
    let body = format!("{{\"context\":{context}}}");
    let Some(answer) = client::request_json(replica, &["debug", "flags", key], Some(body))? else {
        return Ok(None);
    };
    let node = output_format::parse_json(&answer)?;
    Ok(Some(ReplicaEvaluation { node }))
}

impl ReplicaEvaluation {
    /// A member that is there and not null.
    pub fn non_null_member(&self, name: &str) -> Option<&Node> {
        definitions::member(&self.node, name).filter(|node| !matches!(node.kind, NodeKind::Null))
    }

    /// What to say where the context has no targeting key: a replica asks itself as itself.
    pub fn targeting_key_note(&self, context: &str) -> Option<String> {
        let context = output_format::parse_json(context).ok()?;
        if definitions::member(&context, "targetingKey").is_some() {
            return None;
        }
        let unit = member_str(&self.node, "targetingKey");
        Some(format!(
            "asked as `{unit}`, the replica itself: the context has no targetingKey"
        ))
    }

    /// The context that counted. Only with that is an answer explained.
    ///
    /// # Errors
    /// If the replica does not tell it.
    pub fn evaluation_context(&self) -> anyhow::Result<OwnedContext> {
        let context = self.non_null_member("context").map(Node::to_owned_value);
        let Some(OwnedValue::Map(members)) = context else {
            anyhow::bail!("the replica does not tell the context that counted: it is too old");
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

    /// Which replica it is, which generation of flags it has, and how fresh those of the flag's source are.
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
            age_seconds: number(source.and_then(|source| definitions::member(source, "age"))),
        }
    }
}

/// Which replica answered, and from what.
#[derive(Debug)]
pub struct ReplicaStatus {
    /// What it calls itself.
    pub name: String,
    /// The generation of its flags.
    pub generation: f64,
    /// The flag's source.
    pub source: String,
    /// Whether what it has of the source is current.
    pub sync_state: String,
    /// For how many seconds it is not known to be.
    pub age_seconds: f64,
}
