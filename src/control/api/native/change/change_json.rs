//! A change in responses: its revision, and the definitions before and after it.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use crate::control::environment::Changed;
use crate::control::store::DefinitionsDelta;

/// The most changed definitions in a response.
const MAX_CHANGES: usize = 100;

/// Returns a change as the API shows it.
pub fn change_json(changed: &Changed, dry_run: bool) -> Value {
    let (before, after) = (&changed.before, &changed.after);
    let delta = DefinitionsDelta::between(&before.definitions, &after.definitions);
    let keys = delta.changed.keys().chain(&delta.removed);
    let changes: Vec<Value> = keys
        .take(MAX_CHANGES)
        .map(|key| {
            json!({
                "key": &**key,
                "before": definition(before.definitions.get(key)),
                "after": definition(after.definitions.get(key)),
            })
        })
        .collect();
    json!({
        "revision": after.number,
        "contentHash": after.content_hash.to_string(),
        "changed": before.number != after.number,
        "dryRun": dry_run,
        "journalled": changed.journalled,
        "changes": changes,
        "findings": changed.findings,
    })
}

/// The JSON of a definition.
fn definition(text: Option<&Arc<str>>) -> Value {
    let value = text.and_then(|text| serde_json::from_str(text).ok());
    value.unwrap_or(Value::Null)
}
