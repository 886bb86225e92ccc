//! Who gets another variant by a change: transitions with shares and example contexts, as `flagctl diff` finds them.

use std::sync::Arc;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::analysis::diff::DiffSide;
use crate::analysis::diff::DiffStatus;
use crate::analysis::diff::FlagDiff;
use crate::analysis::diff::changed_cell::ChangedCell;
use crate::analysis::diff::changed_cell::Transition;
use crate::analysis::diff::diff;
use crate::analysis::model::owned_context::OwnedContext;
use crate::control::revision::Definitions;
use crate::control::revision::Revision;
use crate::control::store::DefinitionsDelta;
use crate::document;
use crate::document::Document;
use crate::document::DocumentFormat;
use crate::document::DocumentOrigin;
use crate::rule::bucketing::bucketing_value::FractionalVersion;
use crate::ruleset;
use crate::value::OwnedValue;
use crate::wire::fleet::definitions::write_document;

/// The example contexts of each transition.
const EXAMPLES: usize = 3;
/// The most flags that are compared.
const MAX_FLAGS: usize = 20;
/// The most transitions of a flag.
const MAX_TRANSITIONS: usize = 50;

/// Returns who gets another variant, by flag. Blocks for as long as the comparison takes.
pub fn flips(before: &Revision, after: &Revision) -> Value {
    let delta = DefinitionsDelta::between(&before.definitions, &after.definitions);
    let keys = delta.changed.keys().chain(&delta.removed).take(MAX_FLAGS);
    let keys: Vec<&Arc<str>> = keys.collect();
    let sides =
        [&before.definitions, &after.definitions].map(|definitions| parse(&keys, definitions));
    let [old, new] = sides.each_ref().map(|document| {
        let (ruleset, _) = ruleset::compile(document, FractionalVersion::default());
        DiffSideOwned { document, ruleset }
    });
    let differences = diff(old.side(), new.side(), EXAMPLES);
    Value::Array(differences.iter().map(flag_json).collect())
}

/// A document and its compiled flags.
struct DiffSideOwned<'d> {
    document: &'d Document,
    ruleset: ruleset::Ruleset,
}

impl DiffSideOwned<'_> {
    fn side(&self) -> DiffSide<'_> {
        DiffSide {
            document: self.document,
            ruleset: &self.ruleset,
        }
    }
}

fn parse(keys: &[&Arc<str>], definitions: &Definitions) -> Document {
    let flags = keys.iter().filter_map(|key| {
        let text = definitions.get(*key)?;
        Some((&***key, &**text))
    });
    let text = write_document(flags);
    let origin = DocumentOrigin {
        source: "control".into(),
        file: "control".into(),
    };
    let parsed = document::parse(&text, DocumentFormat::Json, &origin);
    parsed.document.unwrap_or_default()
}

fn flag_json(change: &FlagDiff) -> Value {
    let transitions = change.cells.iter().flat_map(|cell| {
        let transitions = cell.transitions.iter();
        transitions.map(move |transition| transition_json(cell, transition))
    });
    let transitions: Vec<Value> = transitions.take(MAX_TRANSITIONS).collect();
    json!({
        "key": &*change.key,
        "verdict": match change.status {
            DiffStatus::Same => "equivalent",
            status => status.name(),
        },
        "transitions": transitions,
        "unknown": change.unknown_reasons,
    })
}

fn transition_json(cell: &ChangedCell, transition: &Transition) -> Value {
    let conditions: Vec<&str> = cell.conditions.iter().map(|c| c.text.as_str()).collect();
    json!({
        "where": conditions,
        "from": transition.from.name(),
        "to": transition.to.name(),
        "percent": transition.fraction_of_units * 100.0,
        "examples": transition.examples.iter().map(context_json).collect::<Vec<Value>>(),
    })
}

fn context_json(context: &OwnedContext) -> Value {
    value_json(&OwnedValue::Map(context.attributes.clone()))
}

fn value_json(value: &OwnedValue) -> Value {
    let mut text = String::new();
    crate::json::write_value(&mut text, value);
    serde_json::from_str(&text).unwrap_or(Value::Object(Map::new()))
}
