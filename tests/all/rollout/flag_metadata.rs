//! Flag metadata derived from rollout and lifecycle fields.

use fanion::document::DocumentFormat;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::evaluate::rollout::load_valid;
use crate::support::evaluate::rollout::rollout_document;

/// Lifecycle fields are part of every response.
#[test]
fn lifecycle_fields_become_flag_metadata() {
    let flags = rollout_document(&json!({"lifecycle": {
        "owner": "checkout-team", "kind": "release", "createdAt": "2026-01-15", "expectedCleanupDate": "2026-04-01",
        "status": "active", "jiraTicket": "CHK-77",
    }}));
    let ruleset = load_valid(&flags);
    let metadata: Vec<_> = ruleset.flags[0]
        .metadata
        .iter()
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!(
        metadata,
        [
            "createdAt",
            "expectedCleanupDate",
            "jiraTicket",
            "kind",
            "owner",
            "status"
        ]
    );
}

/// Flag metadata contains the progress of the rollout.
#[test]
fn flag_metadata_describes_rollout_progress() {
    let phase = |members: &Value| {
        let mut flags = rollout_document(members);
        flags["rings"] = json!({"a": true, "b": true, "c": true, "d": true});
        let (ruleset, _) = evaluate::load(&flags.to_string(), DocumentFormat::Json);
        let metadata = &ruleset.flags[0].metadata;
        let found = metadata.iter().find(|(name, _)| &**name == "rollout");
        found.map_or_else(String::new, |(_, value)| format!("{value:?}"))
    };
    let rollout = json!({"variant": "on", "rings": ["a", "b"], "percentage": 25});
    assert_eq!(
        phase(&json!({ "rollout": rollout })),
        r#"Text("ring 2 of 4, 25 %")"#
    );
    assert_eq!(
        phase(&json!({"rollout": rollout, "kill": true})),
        r#"Text("killed")"#
    );
    assert_eq!(
        phase(&json!({"rollout": rollout, "metadata": {"rollout": "mine"}})),
        r#"Text("mine")"#
    );
    let ramp = json!({"variant": "on", "ramp": {"from": "2026-06-01", "to": "2026-06-08", "shape": "doubling"}});
    let want = r#"Text("0 % to 100 % doubling from 2026-06-01T00:00:00Z to 2026-06-08T00:00:00Z")"#;
    assert_eq!(phase(&json!({ "rollout": ramp })), want);
}
