//! Flag definitions as plain flagd JSON, read from files or from a running replica.

use std::path::PathBuf;

use crate::analysis::flag_file;
use crate::cli::input::files;
use crate::cli::input::flag_location::FlagLocation;
use crate::cli::input::flag_location::ReplicaEndpoint;
use crate::cli::input::loaded_flags::LoadedFlags;
use crate::cli::input::replica::client;
use crate::cli::json_node;
use crate::cli::json_node::member_str;
use crate::document::syntax_tree::Node;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::wire::flag_sync;

/// The result of a look-up, and the messages about it.
#[derive(Debug)]
pub struct ReadDefinitions<T> {
    /// The definition or definitions, each with its key.
    pub value: T,
    /// Lines for standard error.
    pub stderr: Vec<String>,
}

/// Looks up the definition of one flag; `None` if there is no such flag.
///
/// # Errors
/// If the replica does not answer.
pub fn get_flag(
    location: &FlagLocation,
    key: &str,
) -> anyhow::Result<ReadDefinitions<Option<Node>>> {
    Ok(match location {
        FlagLocation::Files(paths) => {
            let (flags, stderr) = definitions_from_files(paths);
            let mut flags = flags.into_iter().rev();
            let value = flags.find(|flag| member_str(flag, "key") == key);
            ReadDefinitions { value, stderr }
        }
        FlagLocation::Replica(replica) => ReadDefinitions {
            value: get_flag_at_replica(replica, key)?,
            stderr: Vec::new(),
        },
    })
}

fn get_flag_at_replica(replica: &ReplicaEndpoint, key: &str) -> anyhow::Result<Option<Node>> {
    let Some(body) = client::request_json(replica, &["debug", "flags", key], None)? else {
        return Ok(None);
    };
    let answer = json_node::parse(&body)?;
    let definition = answer.member("definition").cloned();
    Ok(definition.map(|definition| with_key(key, definition)))
}

/// Lists the definitions of all flags, sorted by key.
///
/// # Errors
/// If the replica does not answer.
pub fn list_flags(location: &FlagLocation) -> anyhow::Result<ReadDefinitions<Vec<Node>>> {
    Ok(match location {
        FlagLocation::Files(paths) => {
            let (value, stderr) = definitions_from_files(paths);
            ReadDefinitions { value, stderr }
        }
        FlagLocation::Replica(replica) => ReadDefinitions {
            value: list_flags_at_replica(replica)?,
            stderr: Vec::new(),
        },
    })
}

fn list_flags_at_replica(replica: &ReplicaEndpoint) -> anyhow::Result<Vec<Node>> {
    let body = client::request_json(replica, &["debug", "definitions"], None)?;
    let body =
        body.ok_or_else(|| anyhow::anyhow!("the replica does not serve /debug/definitions"))?;
    let answer = json_node::parse(&body)?;
    let flags = answer.member("flags").and_then(Node::as_map);
    let flags = flags.unwrap_or_default().iter();
    let flags = flags.map(|flag| with_key(&flag.key, flag.value.clone()));
    Ok(flags.collect())
}

/// The definitions in files, and the diagnostics of the files.
fn definitions_from_files(paths: &[PathBuf]) -> (Vec<Node>, Vec<String>) {
    let files = flag_file::parse_files(files::read_texts(paths), FractionalVersion::default());
    let loaded = LoadedFlags::from_files(&files);
    let mut definitions = Vec::new();
    for flag in &loaded.ruleset.flags {
        let mut text = String::new();
        flag_sync::write_definition(&mut text, flag);
        let definition = json_node::parse(&text).ok();
        definitions.extend(definition.map(|definition| with_key(&flag.key, definition)));
    }
    (definitions, loaded.stderr_lines())
}

/// A definition with its key as first member.
fn with_key(key: &str, mut definition: Node) -> Node {
    json_node::insert_first(&mut definition, "key", json_node::string(key));
    definition
}
