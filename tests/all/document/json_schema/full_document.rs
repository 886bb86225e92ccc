//! A document with every member that is allowed, except plans.

use serde_json::Value;
use serde_json::json;

/// A document with every member that is allowed.
pub fn everything() -> Value {
    let rule = json!({"if": [{"==": [{"var": "country"}, "DE"]}, "on"]});
    let released = json!({
        "variant": "on", "percentage": 5, "rings": ["internal", "beta"], "segments": ["early"], "allow": ["a"],
        "deny": ["b"], "when": {"==": [{"var": "country"}, "DE"]}, "bucketBy": "sessionId", "seed": "spring",
        "dialect": "flagd-murmur3", "regions": [{"region": ["eu"], "percentage": 100}, {"region": "us", "percentage": 5}],
    });
    let ramp = json!({"from": "2026-05-01", "to": "2026-07-01", "shape": "linear", "steps": 10, "reverse": false});
    let lifecycle = json!({
        "owner": "a", "kind": "ops", "created": "2026-06-01", "expires": "2090-06-01", "status": "active", "ticket": "A-1",
    });
    let older = json!({"owner": "a", "createdAt": "2026-06-01", "expectedCleanupDate": "2090-06-01", "jiraTicket": "A-1"});
    json!({
        "$schema": "https://flagd.dev/schema/v0/flags.json",
        "$evaluators": {"staff": {"ends_with": [{"var": "email"}, "@example.com"]}},
        "metadata": {"flagSetId": "shop"},
        "rings": {"internal": {"$ref": "staff"}, "beta": {"segments": ["early"]}, "all": true},
        "flags": {
            "words": {
                "key": "words", "source": "a", "state": "ENABLED", "variants": {"on": true, "off": false},
                "defaultVariant": "off", "safeVariant": "off", "kill": false, "metadata": {"team": "a"},
                "requires": [{"flag": "other", "variant": "on"}], "lifecycle": lifecycle, "targeting": rule,
                "rollout": [released, {"split": {"on": 1, "off": 2}, "ramp": ramp}],
            },
            // Served to all users, so that the prerequisite is always met.
            "other": {"state": "ENABLED", "variants": {"on": {"a": 1}}, "defaultVariant": "on"},
            "third": {"variants": {"on": 1}, "lifecycle": older, "rollout": {"variant": "on", "rings": ["all"]}},
        },
    })
}
