//! Documents with rollout fields, their variants and diagnostics.

use fanion::document::DocumentFormat;
use fanion::ruleset::Ruleset;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;

pub fn remote_rollout(enabled: bool, percentage: u32) -> Value {
    let at = |version: &str| {
        let entry = format!("https://cdn.example.com/remotes/checkout/{version}/remoteEntry.js");
        json!({"version": version, "remoteEntry": entry})
    };
    json!({"flags": {"checkout-remote-rollout": {
        "state": "ENABLED", "variants": {"stable": at("1.4.0"), "canary": at("2.0.0")}, "defaultVariant": "stable",
        "kill": !enabled,
        "rollout": {
            "variant": "canary", "segments": ["internal-staff"], "percentage": percentage,
            "bucketBy": "sessionId", "dialect": "fnv1a32-abs100",
        },
    }}})
}

/// A document with the flag `f`, which has the variants `on`, `off` and `beta`, and these additional members.
pub fn rollout_document(members: &Value) -> Value {
    let mut flag = json!({"state": "ENABLED", "variants": {"on": 1, "off": 0, "beta": 2}, "defaultVariant": "off"});
    for (key, value) in members.as_object().expect("members") {
        flag[key] = value.clone();
    }
    json!({"flags": {"f": flag}})
}

pub fn load_valid(document: &Value) -> Ruleset {
    let (ruleset, diagnostics) = evaluate::load(&document.to_string(), DocumentFormat::Json);
    assert_eq!(diagnostics, [], "{document}");
    ruleset
}

/// The variant of flag `f` for a context; the error code if the evaluation fails.
pub fn variant(ruleset: &Ruleset, context: &Value) -> String {
    let answer = evaluate::evaluate(ruleset, "f", context);
    let text = answer["variant"].as_str().or(answer["errorCode"].as_str());
    text.unwrap_or("nothing").to_owned()
}

pub fn assert_variants(members: &Value, answers: &[(Value, &str)]) {
    let ruleset = load_valid(&rollout_document(members));
    for (context, want) in answers {
        assert_eq!(variant(&ruleset, context), *want, "{members} for {context}");
    }
}

/// The diagnostics of a document that has the flag `f` with these members.
pub fn diagnostics(members: &Value) -> Vec<String> {
    document_diagnostics(&rollout_document(members))
}

pub fn document_diagnostics(document: &Value) -> Vec<String> {
    let (_, diagnostics) = evaluate::load(&document.to_string(), DocumentFormat::Json);
    diagnostics.iter().map(ToString::to_string).collect()
}

pub fn user(key: &str) -> Value {
    json!({ "targetingKey": key })
}
