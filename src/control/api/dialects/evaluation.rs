//! Evaluates flags with the engine of sidecars, and answers in the words of other flag services.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::control::dialect::definition_service::FlagDocument;
use crate::control::dialect::flag_service::FlagResult;
use crate::control::dialect::json_member::member;
use crate::control::dialect::json_member::set_member;
use crate::control::dialect::typed_document::TypedDocument;
use crate::control::dialect::view;
use crate::control::environment::EnvironmentStatus;
use crate::control::model::environment_state::LastChange;
use crate::control::model::service_document::ServiceDocument;
use crate::resolve::RequestScope;
use crate::resolve::ofrep;
use crate::resolve::system_clock;
use crate::ruleset::CompiledFlag;
use crate::selector::Selector;
use crate::snapshot::Snapshot;

/// The answer of the engine, in the format of OFREP.
pub fn answer(snapshot: &Snapshot, key: &str, context: &Map<String, Value>) -> Value {
    let scope = RequestScope {
        selector: &Selector::All,
        overlay: &[],
        clock: system_clock,
        observer: None,
    };
    let body = json!({ "context": context }).to_string();
    let text = match ofrep::resolve_flag(snapshot, scope, key, body.as_bytes()) {
        Ok(text) => text,
        Err(error) => error.body,
    };
    serde_json::from_str(&text).unwrap_or_default()
}

/// Whether a user has a flag, and the variant.
pub fn flag_result(
    snapshot: &Snapshot,
    flag: &CompiledFlag,
    context: &Map<String, Value>,
) -> FlagResult {
    let answer = answer(snapshot, &flag.key, context);
    let Some(variant) = member(&answer, "variant").as_str() else {
        return FlagResult::OFF;
    };
    let default = flag.default_variant.map(usize::from);
    let default = default.and_then(|index| flag.variant_names.get(index));
    match member(&answer, "value") {
        Value::Bool(enabled) => FlagResult {
            enabled: *enabled,
            variant: None,
        },
        _ if default.is_some_and(|name| **name == *variant) => FlagResult::OFF,
        _ => FlagResult {
            enabled: true,
            variant: Some(variant.to_owned()),
        },
    }
}

/// The answer of a service with rules by priority. A flag that has no such document answers with the reasons of
/// OpenFeature.
pub fn rule_evaluation(
    status: &EnvironmentStatus,
    environment: &str,
    key: &str,
    context: &Map<String, Value>,
) -> Value {
    let answer = answer(&status.revision.snapshot, key, context);
    let mut result = json!({
        "flagKey": key,
        "value": member(&answer, "value"),
        "reason": member(&answer, "reason"),
        "ruleId": null,
        "revision": status.revision.number,
    });
    if let Some(message) = answer.get("errorCode") {
        set_member(&mut result, "reason", json!("ERROR"));
        set_member(&mut result, "errorCode", message.clone());
    }
    if let Some(document) = current_definition(status, environment, key) {
        let evaluation = document.evaluate(context);
        set_member(&mut result, "value", evaluation.value);
        set_member(&mut result, "reason", json!(evaluation.reason));
        set_member(&mut result, "ruleId", json!(evaluation.rule_id));
    }
    result
}

/// The document of a flag with rules by priority, with what was decided since.
fn current_definition(
    status: &EnvironmentStatus,
    environment: &str,
    key: &str,
) -> Option<FlagDocument> {
    let document = status.state.documents.get(key)?;
    let version = LastChange::default();
    let decided = status.state.flag(key);
    let current = view::current_document(document, &decided, version, environment);
    let current_text = ServiceDocument {
        format: document.format,
        text: current.text,
    };
    match TypedDocument::parse_stored(&current_text, environment)? {
        TypedDocument::DefinitionService(typed) if current.not_expressed.is_empty() => Some(typed),
        _ => None,
    }
}
