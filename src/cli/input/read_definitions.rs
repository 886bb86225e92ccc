//! Flag definitions as plain flagd JSON, read from files or from a running replica.

use std::path::PathBuf;

use crate::cli::input::flag_location::FlagLocation;
use crate::cli::input::flag_location::ReplicaEndpoint;
use crate::cli::input::loaded_flags;
use crate::cli::input::replica::definitions;
use crate::cli::json_node;
use crate::cli::json_node::member_str;
use crate::cli::output::message::Message;
use crate::document::syntax_tree::Node;
use crate::document::syntax_tree::NodeKind;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset::CompiledFlag;
use crate::ruleset::EvaluationPlan;
use crate::wire::flag_sync;

/// The definition of one flag.
#[derive(Debug)]
pub enum FlagLookup {
    /// The definition, with its key.
    Found(Node),
    /// The definition has an error.
    Faulty,
    /// There is no such flag; the keys of the flags that there are.
    NotFound(Vec<String>),
}

/// The result of a look-up, and the messages about it.
#[derive(Debug)]
pub struct ReadDefinitions<T> {
    /// The definition or definitions, each with its key.
    pub value: T,
    /// Messages for standard error.
    pub stderr: Vec<Message>,
}

/// Looks up the definition of one flag. The messages concern this flag only.
///
/// # Errors
/// If a file cannot be read or parsed, or the replica does not answer.
pub fn get_flag(location: &FlagLocation, key: &str) -> anyhow::Result<ReadDefinitions<FlagLookup>> {
    let (flags, mut stderr) = match location {
        FlagLocation::Files(paths) => {
            let loaded = loaded_flags::load_paths(paths, FractionalVersion::default())?;
            let flags = loaded.ruleset.flags.iter();
            let flags = flags.map(|flag| definition(flag)).collect();
            (flags, loaded.messages_of(key))
        }
        FlagLocation::Replica(replica) => {
            let flags = definitions::list(replica)?;
            let asked = flags.iter().filter(|flag| member_str(flag, "key") == key);
            let stderr = asked.filter_map(not_portable_note).collect();
            (flags, stderr)
        }
    };
    let flags: Vec<Node> = flags;
    let keys = || flags.iter().map(|flag| member_str(flag, "key").to_owned());
    let found = flags.iter().rfind(|flag| member_str(flag, "key") == key);
    let value = match found {
        None => FlagLookup::NotFound(keys().collect()),
        Some(flag) => match fault(flag) {
            Some(error) => {
                if !stderr.iter().any(Message::is_error) {
                    stderr.push(error);
                }
                FlagLookup::Faulty
            }
            None => FlagLookup::Found(flag.clone()),
        },
    };
    Ok(ReadDefinitions { value, stderr })
}

/// Lists the definitions of all flags, sorted by key. A faulty flag has an error code instead of a definition.
///
/// # Errors
/// If a file cannot be read or parsed, or the replica does not answer.
pub fn list_flags(location: &FlagLocation) -> anyhow::Result<ReadDefinitions<Vec<Node>>> {
    Ok(match location {
        FlagLocation::Files(paths) => list_flags_in_files(paths)?,
        FlagLocation::Replica(replica) => list_flags_at_replica(replica)?,
    })
}

fn list_flags_in_files(paths: &[PathBuf]) -> anyhow::Result<ReadDefinitions<Vec<Node>>> {
    let loaded = loaded_flags::load_paths(paths, FractionalVersion::default())?;
    let flags = loaded.ruleset.flags.iter();
    Ok(ReadDefinitions {
        value: flags.map(|flag| definition(flag)).collect(),
        stderr: loaded.messages(),
    })
}

fn list_flags_at_replica(replica: &ReplicaEndpoint) -> anyhow::Result<ReadDefinitions<Vec<Node>>> {
    let value = definitions::list(replica)?;
    let notes = value.iter().filter_map(not_portable_note);
    let stderr = value.iter().filter_map(fault).chain(notes).collect();
    Ok(ReadDefinitions { value, stderr })
}

/// The definition of a flag with its key as first member, or the error code of a faulty flag.
fn definition(flag: &CompiledFlag) -> Node {
    if let EvaluationPlan::Faulty(code) = &flag.evaluation_plan {
        return definitions::faulty(&flag.key, code.as_str());
    }
    let mut text = String::new();
    flag_sync::write_displayed_definition(&mut text, flag);
    let definition = json_node::parse(&text).unwrap_or_else(|_| json_node::object([]));
    definitions::with_key(&flag.key, definition)
}

/// The error message about a faulty flag.
fn fault(flag: &Node) -> Option<Message> {
    let code = flag.member("errorCode")?.as_text()?;
    let key = member_str(flag, "key");
    Some(Message::Error(format!(
        "definition of flag `{key}` has an error: evaluation returns {code}"
    )))
}

/// A warning for a flag that flag sync omits. For flags in files, the loader reports it.
fn not_portable_note(flag: &Node) -> Option<Message> {
    let portable = flag.member("portable").map(|node| &node.kind);
    let key = member_str(flag, "key");
    matches!(portable, Some(NodeKind::Bool(false))).then(|| {
        Message::Warning(format!(
            "F022: flag sync omits flag `{key}`, because plain flagd cannot evaluate it"
        ))
    })
}
