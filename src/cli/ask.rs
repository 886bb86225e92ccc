//! Where commands find flags: in files, or at a running replica.

pub mod environment;
pub mod replica;

use std::path::PathBuf;

use crate::cli::ask::environment::Environment;
use crate::cli::ask::environment::Place;
use crate::cli::flags;
use crate::cli::flags::Flags;
use crate::cli::output;
use crate::document::node::Kind;
use crate::document::node::Member;
use crate::document::node::Node;
use crate::rule::unit::Version;
use crate::study::file;
use crate::wire::sync;

/// Where to look.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// Flag files, directories or globs; later ones win.
    #[arg(long, num_args = 1.., value_name = "PATH", conflicts_with_all = ["replica", "env"])]
    flags: Vec<PathBuf>,
    /// A running replica, by its management port: `http://HOST:8014`. It has to be started with --debug-endpoints.
    #[arg(long, value_name = "URL", conflicts_with = "env")]
    replica: Option<String>,
    /// A context of the configuration.
    #[arg(short = 'e', long, value_name = "NAME")]
    env: Option<String>,
}

/// What was found, and what there is to say about it.
#[derive(Debug)]
pub struct Answer {
    /// A flag, or a list of flags.
    pub value: Option<Node>,
    /// For standard error.
    pub talk: Vec<String>,
}

/// The definition of one flag as plain flagd has it, with its key; nothing if there is none.
///
/// # Errors
/// If nobody can be asked.
pub fn one(arguments: &Arguments, key: &str) -> anyhow::Result<Answer> {
    match place(arguments)? {
        Place::Files(paths) => {
            let (flags, talk) = files(&paths);
            let value = flags
                .into_iter()
                .rev()
                .find(|flag| text(flag, "key") == key);
            Ok(Answer { value, talk })
        }
        Place::Replica(replica) => {
            let talk = Vec::new();
            let Some(answer) = replica::ask(&replica, &["debug", "flags", key], None)? else {
                return Ok(Answer { value: None, talk });
            };
            let answer = output::parse(&answer)?;
            let value = member(&answer, "definition").cloned();
            let value = value.map(|definition| keyed(key, definition));
            Ok(Answer { value, talk })
        }
    }
}

/// All flags, sorted by key.
///
/// # Errors
/// If nobody can be asked.
pub fn all(arguments: &Arguments) -> anyhow::Result<Answer> {
    match place(arguments)? {
        Place::Files(paths) => {
            let (flags, talk) = files(&paths);
            let value = Some(list(flags));
            Ok(Answer { value, talk })
        }
        Place::Replica(replica) => {
            let answer = replica::ask(&replica, &["debug", "definitions"], None)?;
            let answer =
                answer.ok_or_else(|| anyhow::anyhow!("the replica does not list its flags"))?;
            let answer = output::parse(&answer)?;
            let flags = member(&answer, "flags")
                .and_then(Node::as_map)
                .unwrap_or_default();
            let flags = flags
                .iter()
                .map(|flag| keyed(&flag.key, flag.value.clone()));
            let value = Some(list(flags.collect()));
            let talk = Vec::new();
            Ok(Answer { value, talk })
        }
    }
}

/// The place that is meant.
///
/// # Errors
/// If none is, or the configuration cannot be understood.
pub fn place(arguments: &Arguments) -> anyhow::Result<Place> {
    if !arguments.flags.is_empty() {
        return Ok(Place::Files(arguments.flags.clone()));
    }
    let variables = |name: &str| std::env::var(name).ok();
    Environment::resolve(
        arguments.env.as_deref(),
        arguments.replica.as_deref(),
        variables,
    )
}

/// The flags of files, and what is wrong with the files.
fn files(paths: &[PathBuf]) -> (Vec<Node>, Vec<String>) {
    let files = file::read(flags::texts(paths), Version::default());
    let Flags {
        ruleset,
        diagnostics,
        ..
    } = Flags::of(&files);
    let talk = diagnostics.iter().map(ToString::to_string);
    let mut flags = Vec::new();
    for flag in &ruleset.flags {
        let mut text = String::new();
        sync::write_definition(&mut text, flag);
        let definition = output::parse(&text).ok();
        flags.extend(definition.map(|node| keyed(&flag.key, node)));
    }
    (flags, talk.collect())
}

fn list(flags: Vec<Node>) -> Node {
    let place = crate::diag::Place::START;
    let kind = Kind::List(flags);
    Node { place, kind }
}

/// A definition with its key in front.
fn keyed(key: &str, mut definition: Node) -> Node {
    let place = definition.place;
    let kind = Kind::Text(key.into());
    let key = Member {
        key: "key".into(),
        place,
        value: Node { place, kind },
    };
    if let Kind::Map(members) = &mut definition.kind {
        members.insert(0, key);
    }
    definition
}

/// A member of an object.
pub fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let members = node.as_map()?.iter();
    members
        .rev()
        .find(|member| &*member.key == name)
        .map(|member| &member.value)
}

/// A member that is a string; empty if it is not.
pub fn text<'n>(node: &'n Node, name: &str) -> &'n str {
    member(node, name).and_then(Node::as_text).unwrap_or("")
}
