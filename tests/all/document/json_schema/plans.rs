//! Plans with every member that is allowed, and the parts of the schema.

use fanion::document::schema as document_schema;
use fanion::document::schema::ObjectSchema;
use serde_json::Value;
use serde_json::json;

/// A document for each form of a plan.
pub fn planned_documents() -> [Value; 3] {
    [own_plan(), schedule(), pipeline()].map(|plan| {
        let rollout = json!({"variant": "on", "plan": plan});
        json!({"flags": {"planned": {
            "variants": {"on": true, "off": false}, "defaultVariant": "off", "rollout": rollout,
        }}})
    })
}

/// Replacement values of plans.
pub const PLAN_SUBSTITUTES: &str = r#"[
    "15m", "1h30m", "90", {"percentage": 100}, {"name": "h", "metric": "m", "max": 1}, {"template": "ladder"},
    [{"percentage": 5}], [50, 0]
]"#;

fn own_plan() -> Value {
    let guardrails = json!([
        {"name": "a", "kind": "outcome", "outcome": "error", "noWorseThan": "control", "margin": 0.1, "requireProof": true},
        {"name": "b", "bad": "failures", "of": "attempts", "max": 0.05, "window": "15m"},
        {"name": "c", "histogram": "seconds", "threshold": 0.5, "max": 0.01},
        {"name": "d", "metric": "p95_ms", "max": 200},
        {"name": "e", "outcome": "order", "mustNotFall": 0.05},
        {"name": "g", "outcome": "error", "absThreshold": 0.05, "relMultiplier": 3, "minSessions": 200, "strict": true},
    ]);
    json!({
        "template": "careful", "regions": ["eu"], "hold": "1h", "guardrails": guardrails, "alpha": 0.05,
        "stages": [
            {"name": "first", "percentage": 1, "hold": "30m", "advance": "manual", "rings": ["internal"], "variant": "on",
             "units": 100, "approvals": 2, "approvers": ["sre"]},
            {"percentage": 50, "advance": "auto", "regions": [{"region": "eu", "percentage": 60}],
             "onRegression": "halt", "guardrails": {"name": "f", "metric": "q", "max": 1}},
        ],
        "minimum": {"units": 200, "time": "10m"}, "onRegression": "rollback", "onInconclusive": "extend", "onNoData": "warn",
        "noDataGrace": "5m", "whileBlind": {"lease": "6h", "then": "safe"}, "approvalsExpire": "12h",
        "rollback": {"how": "gradual", "steps": [50, 0], "every": "10m", "coolDown": "2h"},
        "windows": [{"days": ["mon", "tue"], "from": "09:00", "to": "16:30", "offset": "+01:00"}],
    })
}

fn schedule() -> Value {
    json!({
        "flagKey": "planned", "autoProgress": false,
        "stages": [{"percentage": 1, "duration": 3_600_000, "requiredApprovals": ["sre"]}, {"percentage": 50, "duration": 5}],
        "successCriteria": {"errorRateThreshold": 0.01, "latencyP99Threshold": 500, "minimumSampleSize": 1000},
    })
}

fn pipeline() -> Value {
    let metric =
        json!({"type": "business-metric", "metric": "sales", "threshold": 0.05, "window": "1h"});
    json!({"stages": [
        {"name": "canary", "percentage": 1, "duration": "1h", "autoAdvance": false, "onBreach": "halt", "metrics": [metric]},
        {"name": "all", "percentage": 100, "duration": "2h"},
    ]})
}

/// The parts of the schema with a definition of their own.
pub const PARTS: [&ObjectSchema; 18] = [
    &document_schema::ROLLOUT,
    &document_schema::RAMP,
    &document_schema::REGION,
    &document_schema::PREREQUISITE,
    &document_schema::LIFECYCLE,
    &document_schema::PLAN,
    &document_schema::STAGE,
    &document_schema::GUARDRAIL,
    &document_schema::MINIMUM,
    &document_schema::WHILE_BLIND,
    &document_schema::ROLLBACK,
    &document_schema::WINDOW,
    &document_schema::SCHEDULE,
    &document_schema::SCHEDULE_STAGE,
    &document_schema::SUCCESS_CRITERIA,
    &document_schema::PIPELINE,
    &document_schema::PIPELINE_STAGE,
    &document_schema::PIPELINE_METRIC,
];
