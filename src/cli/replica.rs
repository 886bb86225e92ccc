//! What a running replica answers for a flag, and how it says that it is.

use crate::cli::ask;
use crate::cli::ask::environment::Replica;
use crate::cli::ask::replica;
use crate::cli::ask::text;
use crate::cli::output;
use crate::document::node::Kind;
use crate::document::node::Node;
use crate::rule::unit::Version;
use crate::study::ask::Asker;
use crate::value::Literal;

/// The answer of a replica, with all that it says of it.
#[derive(Debug)]
pub struct Answered {
    /// The answer, as the debug endpoint gives it.
    pub node: Node,
}

/// What a replica answers for a flag and a context in JSON; `None` if it has no such flag.
///
/// # Errors
/// If it cannot be asked, and why.
pub fn evaluate(replica: &Replica, key: &str, context: &str) -> anyhow::Result<Option<Answered>> {
    let body = format!("{{\"context\":{context}}}");
    let Some(answer) = replica::ask(replica, &["debug", "flags", key], Some(body))? else {
        return Ok(None);
    };
    let node = output::parse(&answer)?;
    Ok(Some(Answered { node }))
}

impl Answered {
    /// A member that is there and not null.
    pub fn member(&self, name: &str) -> Option<&Node> {
        ask::member(&self.node, name).filter(|node| !matches!(node.kind, Kind::Null))
    }

    /// What to say where the context has no targeting key: a replica asks itself as itself.
    pub fn unit(&self, context: &str) -> Option<String> {
        let context = output::parse(context).ok()?;
        if ask::member(&context, "targetingKey").is_some() {
            return None;
        }
        let unit = text(&self.node, "targetingKey");
        Some(format!(
            "asked as `{unit}`, the replica itself: the context has no targetingKey"
        ))
    }

    /// The context that counted. Only with that is an answer explained.
    ///
    /// # Errors
    /// If the replica does not tell it.
    pub fn asker(&self) -> anyhow::Result<Asker> {
        let context = self.member("context").map(Node::to_literal);
        let Some(Literal::Map(members)) = context else {
            anyhow::bail!("the replica does not tell the context that counted: it is too old");
        };
        let seconds = self.member("timestamp").map(|node| &node.kind);
        let seconds = match seconds {
            Some(Kind::Number(seconds)) => Some(*seconds),
            _ => None,
        };
        let fractional = match text(&self.node, "fractional") {
            "v3" => Version::V3,
            _ => Version::V2,
        };
        Ok(Asker {
            members,
            seconds,
            fractional,
        })
    }

    /// Which replica it is, which generation of flags it has, and how fresh those of the flag's source are.
    pub fn standing(&self) -> Standing {
        let number = |node: Option<&Node>| match node.map(|node| &node.kind) {
            Some(Kind::Number(n)) => *n,
            _ => 0.0,
        };
        let source = self.member("source");
        let of_source = |name| source.map_or("", |source| text(source, name)).to_owned();
        Standing {
            replica: text(&self.node, "replica").to_owned(),
            generation: number(self.member("generation")),
            source: of_source("name"),
            sync: of_source("sync"),
            age: number(source.and_then(|source| ask::member(source, "age"))),
        }
    }
}

/// Which replica answered, and from what.
#[derive(Debug)]
pub struct Standing {
    /// What it calls itself.
    pub replica: String,
    /// The generation of its flags.
    pub generation: f64,
    /// The flag's source.
    pub source: String,
    /// Whether what it has of the source is current.
    pub sync: String,
    /// For how many seconds it is not known to be.
    pub age: f64,
}
