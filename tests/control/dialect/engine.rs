//! Evaluates a converted definition with the engine that sidecars use.

use std::sync::Arc;

use fanion::control::dialect::document_reader::DocumentFault;
use fanion::control::model::environment_state::EnvironmentState;
use fanion::control::model::flag_state::FlagState;
use fanion::control::model::flag_state::Kill;
use fanion::control::model::flag_state::Mark;
use fanion::control::model::overlay;
use fanion::control::model::owned_flags;
use fanion::resolve::RequestScope;
use fanion::resolve::ofrep;
use fanion::resolve::system_clock;
use fanion::selector::Selector;
use fanion::snapshot::Snapshot;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// A context, or another object.
pub type Context = Map<String, Value>;

/// The flag of a definition, killed or not.
pub fn snapshot(key: &str, definition: &Value, is_killed: bool) -> Snapshot {
    let flag = owned_flags::compile(key, definition).expect("a valid definition");
    let kill = is_killed.then(|| Kill {
        variant: None,
        mark: Mark {
            by: "ann".to_owned(),
            at_ms: 0,
            reason: None,
        },
    });
    let mut state = EnvironmentState::default();
    let decided = FlagState {
        killed: kill,
        ..FlagState::default()
    };
    state.set_flag(key, decided);
    let overlaid = overlay::overlay(&[Arc::clone(&flag)], &state);
    Snapshot::build(overlaid.ruleset, &Snapshot::default())
}

/// The answer of a sidecar.
pub fn answer(snapshot: &Snapshot, key: &str, context: &Context) -> Value {
    let scope = RequestScope {
        selector: &Selector::All,
        overlay: &[],
        clock: system_clock,
        observer: None,
    };
    let body = json!({ "context": context }).to_string();
    let text = ofrep::resolve_flag(snapshot, scope, key, body.as_bytes());
    let text = text.unwrap_or_else(|error| error.body);
    serde_json::from_str(&text).expect("JSON")
}

/// The variant that a sidecar gives; empty without one.
pub fn variant(snapshot: &Snapshot, key: &str, context: &Context) -> String {
    let answer = answer(snapshot, key, context);
    assert!(answer.get("errorCode").is_none(), "{answer} {context:?}");
    answer["variant"].as_str().unwrap_or_default().to_owned()
}

/// A context of a JSON object.
pub fn context(value: Value) -> Context {
    match value {
        Value::Object(members) => members,
        other => panic!("not an object: {other}"),
    }
}

/// Checks the pointers of all faults.
pub fn assert_faults<T: std::fmt::Debug>(parsed: Result<T, Vec<DocumentFault>>, want: &[&str]) {
    let faults = parsed.expect_err("faults");
    let pointers: Vec<&str> = faults.iter().map(|fault| &*fault.pointer).collect();
    assert_eq!(pointers, want, "{faults:?}");
}
