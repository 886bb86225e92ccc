//! The definitions of all flags of a running replica.

use std::collections::HashSet;

use crate::cli::input::flag_location::ReplicaEndpoint;
use crate::cli::input::replica::client;
use crate::cli::json_node;
use crate::cli::json_node::member_str;
use crate::document::syntax_tree::Node;

/// Lists the definitions, sorted by key, each with its key. A faulty flag has an error code instead: the replica serves
/// it in the evaluation of all flags only.
///
/// # Errors
/// If the replica does not answer.
pub fn list(replica: &ReplicaEndpoint) -> anyhow::Result<Vec<Node>> {
    let answer = request(replica, "definitions")?;
    let definitions = answer.member("flags").and_then(Node::as_map);
    let definitions = definitions.unwrap_or_default().iter();
    let mut flags: Vec<Node> = definitions
        .map(|flag| with_key(&flag.key, flag.value.clone()))
        .collect();
    let evaluated = request(replica, "flags")?;
    let evaluated = evaluated.member("flags").map(Node::items_or_self);
    let sound: HashSet<&str> = flags.iter().map(|flag| member_str(flag, "key")).collect();
    let faulty: Vec<Node> = evaluated
        .unwrap_or_default()
        .iter()
        .filter(|flag| !sound.contains(member_str(flag, "key")))
        .map(|flag| faulty(member_str(flag, "key"), member_str(flag, "errorCode")))
        .collect();
    flags.extend(faulty);
    flags.sort_by(|a, b| member_str(a, "key").cmp(member_str(b, "key")));
    Ok(flags)
}

fn request(replica: &ReplicaEndpoint, endpoint: &str) -> anyhow::Result<Node> {
    let body = client::request_json(replica, &["debug", endpoint], None)?;
    let body =
        body.ok_or_else(|| anyhow::anyhow!("the replica does not serve /debug/{endpoint}"))?;
    json_node::parse(&body)
}

/// A definition with its key as first member.
pub fn with_key(key: &str, mut definition: Node) -> Node {
    json_node::insert_first(&mut definition, "key", json_node::string(key));
    definition
}

/// The entry of a faulty flag.
pub fn faulty(key: &str, code: &str) -> Node {
    let members = [("key", key), ("errorCode", code)];
    json_node::object(members.map(|(name, text)| (name, json_node::string(text))))
}
