//! Where commands find flags: in files, or at a running replica.

use std::path::PathBuf;

use crate::analysis::flag_file;
use crate::cli::input::files;
use crate::cli::input::files::LoadedFlags;
use crate::cli::input::flagctl_config::FlagLocation;
use crate::cli::input::flagctl_config::FlagctlConfig;
use crate::cli::input::replica::client;
use crate::cli::output::output_format;
use crate::document::syntax_tree::Member;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::wire::flag_sync;

/// Where to look.
#[derive(Debug, Default, clap::Args)]
#[group(skip)]
pub struct FlagLocationArgs {
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
pub struct FlagLookup {
    /// A flag, or a list of flags.
    pub value: Option<Node>,
    /// For standard error.
    pub stderr: Vec<String>,
}

/// The definition of one flag as plain flagd has it, with its key; nothing if there is none.
///
/// # Errors
/// If nobody can be asked.
pub fn get_flag(arguments: &FlagLocationArgs, key: &str) -> anyhow::Result<FlagLookup> {
    match resolve_location(arguments)? {
        FlagLocation::Files(paths) => {
            let (flags, talk) = definitions_from_files(&paths);
            let value = flags
                .into_iter()
                .rev()
                .find(|flag| member_str(flag, "key") == key);
            Ok(FlagLookup {
                value,
                stderr: talk,
            })
        }
        FlagLocation::Replica(replica) => {
            let talk = Vec::new();
            let Some(answer) = client::request_json(&replica, &["debug", "flags", key], None)?
            else {
                return Ok(FlagLookup {
                    value: None,
                    stderr: talk,
                });
            };
            let answer = output_format::parse_json(&answer)?;
            let value = member(&answer, "definition").cloned();
            let value = value.map(|definition| with_key(key, definition));
            Ok(FlagLookup {
                value,
                stderr: talk,
            })
        }
    }
}

/// All flags, sorted by key.
///
/// # Errors
/// If nobody can be asked.
pub fn list_flags(arguments: &FlagLocationArgs) -> anyhow::Result<FlagLookup> {
    match resolve_location(arguments)? {
        FlagLocation::Files(paths) => {
            let (flags, talk) = definitions_from_files(&paths);
            let value = Some(to_array(flags));
            Ok(FlagLookup {
                value,
                stderr: talk,
            })
        }
        FlagLocation::Replica(replica) => {
            let answer = client::request_json(&replica, &["debug", "definitions"], None)?;
            let answer =
                answer.ok_or_else(|| anyhow::anyhow!("the replica does not list its flags"))?;
            let answer = output_format::parse_json(&answer)?;
            let flags = member(&answer, "flags")
                .and_then(Node::as_map)
                .unwrap_or_default();
            let flags = flags
                .iter()
                .map(|flag| with_key(&flag.key, flag.value.clone()));
            let value = Some(to_array(flags.collect()));
            let talk = Vec::new();
            Ok(FlagLookup {
                value,
                stderr: talk,
            })
        }
    }
}

/// The place that is meant.
///
/// # Errors
/// If none is, or the configuration cannot be understood.
pub fn resolve_location(arguments: &FlagLocationArgs) -> anyhow::Result<FlagLocation> {
    if !arguments.flags.is_empty() {
        return Ok(FlagLocation::Files(arguments.flags.clone()));
    }
    let variables = |name: &str| std::env::var(name).ok();
    FlagctlConfig::resolve_location(
        arguments.env.as_deref(),
        arguments.replica.as_deref(),
        variables,
    )
}

/// The flags of files, and what is wrong with the files.
fn definitions_from_files(paths: &[PathBuf]) -> (Vec<Node>, Vec<String>) {
    let files = flag_file::parse_files(files::read_texts(paths), FractionalVersion::default());
    let LoadedFlags {
        ruleset,
        diagnostics,
        ..
    } = LoadedFlags::from_files(&files);
    let talk = diagnostics.iter().map(ToString::to_string);
    let mut flags = Vec::new();
    for flag in &ruleset.flags {
        let mut text = String::new();
        flag_sync::write_definition(&mut text, flag);
        let definition = output_format::parse_json(&text).ok();
        flags.extend(definition.map(|node| with_key(&flag.key, node)));
    }
    (flags, talk.collect())
}

fn to_array(flags: Vec<Node>) -> Node {
    let place = crate::diag::Position::START;
    let kind = NodeKind::List(flags);
    Node {
        position: place,
        kind,
    }
}

/// A definition with its key in front.
fn with_key(key: &str, mut definition: Node) -> Node {
    let place = definition.position;
    let kind = NodeKind::Text(key.into());
    let key = Member {
        key: "key".into(),
        position: place,
        value: Node {
            position: place,
            kind,
        },
    };
    if let NodeKind::Map(members) = &mut definition.kind {
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
pub fn member_str<'n>(node: &'n Node, name: &str) -> &'n str {
    member(node, name).and_then(Node::as_text).unwrap_or("")
}
