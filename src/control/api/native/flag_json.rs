//! A flag in responses: its owner, its state, and the served definition.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use crate::control::environment::EnvironmentStatus;
use crate::control::model::owned_flags::STORE;
use crate::control::revision::Revision;
use crate::ruleset::CompiledFlag;

/// Returns the flag as the API shows it.
pub fn flag_json(flag: &CompiledFlag, status: &EnvironmentStatus) -> Value {
    let owner = if status.state.definitions.contains_key(&*flag.key) && *flag.file == *STORE {
        json!({ "kind": "store" })
    } else {
        let line = flag.source_location.0.line;
        json!({ "kind": "file", "file": &*flag.file, "line": line })
    };
    let state = status.state.flag(&flag.key);
    json!({
        "key": &*flag.key,
        "owner": owner,
        "faulty": flag.is_faulty(),
        "state": state,
        "killed": state.killed.is_some(),
        "definition": served_definition(&status.revision, &flag.key),
    })
}

/// The definition that is served; null if the flag is faulty.
fn served_definition(revision: &Arc<Revision>, key: &str) -> Value {
    let text = revision.definitions.get(key);
    let definition = text.and_then(|text| serde_json::from_str(text).ok());
    definition.unwrap_or(Value::Null)
}
