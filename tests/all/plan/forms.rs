//! The forms of plans: fanion's own, templates, and the schedules and pipelines of other services.

use std::sync::Arc;

use fanion::document;
use fanion::document::DocumentFormat;
use fanion::document::DocumentOrigin;
use fanion::document::rollout::plan::duration::format_millis;
use fanion::document::rollout::plan::guardrail::GuardrailTest;
use fanion::document::rollout::plan::model::RolloutPlan;
use fanion::document::rollout::plan::policy::OnNoData;
use fanion::document::rollout::plan::policy::OnRegression;
use fanion::document::rollout::plan::policy::RollbackMode;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate::rollout::rollout_document;

/// The plan of flag `f` of a document without diagnostics.
fn plan_of(document: &Value) -> Arc<RolloutPlan> {
    let text = document.to_string();
    let origin = DocumentOrigin {
        source: "flags.json".into(),
        file: "flags.json".into(),
    };
    let parsed = document::parse(&text, DocumentFormat::Json, &origin);
    assert_eq!(parsed.diagnostics, [], "{text}");
    let parsed = parsed.document.expect("a document");
    let flag = parsed.flags.iter().find(|flag| flag.key == "f");
    let fields = flag.expect("the flag").rollout_fields.clone();
    let plan = fields.expect("fields").rollouts[0].plan.clone();
    plan.expect("a plan")
}

fn plan(value: &Value) -> Arc<RolloutPlan> {
    let mut document = rollout_document(&json!({"rollout": {"variant": "on", "plan": value}}));
    document["rings"] = json!({
        "core": {"segments": ["employee", "contractor"]},
        "early-adopters": {"segments": ["beta-tester", "premium-subscriber"]},
    });
    plan_of(&document)
}

/// The stages of a plan as text: name, share, rings, regions, hold, approvals.
fn stages(plan: &RolloutPlan) -> Vec<String> {
    let describe = |stage: &document::rollout::plan::model::PlanStage| {
        let exposure = &stage.exposure;
        let mut text = format!("{} {}", stage.name, exposure.percentage);
        if !exposure.rings.is_empty() {
            text += &format!(" rings {}", exposure.rings.join("+"));
        }
        for region in &exposure.regions {
            text += &format!(" {} {}", region.names.join("/"), region.percentage);
        }
        text += &format!(" for {}", format_millis(stage.hold_ms));
        if let Some(approvals) = &stage.approvals {
            text += &format!(" approvals {}", approvals.count);
            if !approvals.from.is_empty() {
                text += &format!(" of {}", approvals.from.join("+"));
            }
        }
        text
    };
    plan.stages.iter().map(describe).collect()
}

fn check(value: &Value, want: &[&str]) -> Arc<RolloutPlan> {
    let plan = plan(value);
    assert_eq!(stages(&plan), want, "{value}");
    plan
}

#[test]
fn plan_with_every_member_is_parsed() {
    let plan = check(
        &json!({
            "template": "careful",
            "stages": [
                {"name": "canary", "percentage": 1, "hold": "1h", "advance": "manual", "rings": ["core"]},
                {"name": "early", "percentage": 10, "hold": "4h", "advance": "auto", "rings": ["core", "early-adopters"]},
                {"name": "quarter", "percentage": 25, "hold": "24h", "advance": "auto"},
                {"name": "all", "percentage": 100, "hold": "48h", "advance": "manual"},
            ],
            "guardrails": [
                {"name": "errors", "outcome": "app.error", "noWorseThan": "control"},
                {"name": "slo", "kind": "ratio", "bad": "app_errors_total", "of": "app_requests_total", "max": 0.05},
                {"name": "latency", "kind": "latency", "histogram": "app_latency_seconds", "threshold": 0.5, "max": 0.01},
                {"name": "convert", "outcome": "order.placed", "mustNotFall": 0.05},
            ],
            "alpha": 0.05,
            "minimum": {"units": 200, "time": "10m"},
            "onRegression": "rollback",
            "onInconclusive": "hold",
            "onNoData": "hold",
            "whileBlind": {"lease": "6h", "then": "safe"},
            "rollback": {"how": "gradual", "steps": [50, 0], "every": "10m"},
        }),
        &[
            "canary 1 % rings core for 1h approvals 1",
            "early 10 % rings core+early-adopters for 4h",
            "quarter 25 % rings core+early-adopters for 1d",
            "all 100 % rings core+early-adopters for 2d approvals 1",
        ],
    );
    assert_eq!(plan.lease_ms, Some(6 * 3_600_000));
    assert_eq!(plan.minimum.units, 200);
    let RollbackMode::Gradual { steps, every_ms } = &plan.rollback.how else {
        panic!("{:?}", plan.rollback)
    };
    assert_eq!((steps.len(), *every_ms), (2, 600_000));
    // Without a control, comparisons have no measurement.
    let names = |at: usize| {
        let guardrails = plan.guardrails_of(&plan.stages[at]);
        guardrails
            .map(|guardrail| guardrail.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(0), ["errors", "slo", "latency", "convert"]);
    assert_eq!(names(3), ["slo", "latency"]);
}

#[test]
fn templates_expand_to_their_stages() {
    let shares = |template: &str| {
        let plan = plan(&json!({"template": template, "hold": "2h"}));
        let shares = plan.stages.iter();
        let shares = shares.map(|stage| stage.exposure.percentage.percent());
        shares.collect::<Vec<_>>()
    };
    assert_eq!(shares("doubling"), [1., 2., 4., 8., 16., 32., 64., 100.]);
    assert_eq!(shares("ladder"), [1., 5., 10., 25., 50., 100.]);
    assert_eq!(shares("tenfold"), [1., 10., 25., 50., 100.]);
    assert_eq!(shares("linear").len(), 10);
    let four = [
        "canary 1 % for 1h approvals 1",
        "early 10 % for 4h",
        "quarter 25 % for 1d",
        "all 100 % for 2d approvals 1",
    ];
    let default = check(&json!({"template": "four-stage"}), &four);
    assert_eq!(default.lease_ms, None);
    let careful = check(&json!({"template": "careful"}), &four);
    assert_eq!(careful.lease_ms, Some(6 * 3_600_000));
}

#[test]
fn rings_and_regions_are_promoted_one_after_the_other() {
    check(
        &json!({"template": "rings", "hold": "24h"}),
        &[
            "core 0 % rings core for 1h",
            "early-adopters 0 % rings core+early-adopters for 1d approvals 1",
            "everyone 100 % rings core+early-adopters for 0s approvals 1",
        ],
    );
    check(
        &json!({"template": "regions", "regions": ["eu", "us"], "hold": "6h"}),
        &[
            "eu 0 % eu 100 % for 6h",
            "us 0 % eu 100 % us 100 % for 6h",
            "everyone 100 % eu 100 % us 100 % for 0s approvals 1",
        ],
    );
}

#[test]
fn plan_may_be_a_list_of_stages() {
    check(
        &json!([{"percentage": 5, "hold": "15m"}, {"percentage": 50, "approvers": ["sre", "product"]}]),
        &[
            "stage 1 5 % for 15m",
            "stage 2 50 % for 1h approvals 2 of product+sre",
        ],
    );
}

/// A pipeline with windows, of which a breach halts the rollout.
fn pipeline() -> Value {
    let metric = |kind: &str, threshold: f64, window: &str| json!({"type": kind, "threshold": threshold, "window": window});
    json!({"stages": [
        {"name": "canary", "percentage": 1, "duration": "1h", "autoAdvance": false,
         "metrics": [metric("error-rate", 0.01, "15m"), metric("latency-p99", 500., "15m")]},
        {"name": "early", "percentage": 10, "duration": "4h", "autoAdvance": true,
         "metrics": [metric("error-rate", 0.01, "30m"), metric("latency-p99", 500., "30m")]},
        {"name": "quarter", "percentage": 25, "duration": "24h", "autoAdvance": true, "onBreach": "rollback",
         "metrics": [metric("error-rate", 0.005, "1h"), metric("latency-p99", 500., "1h"),
                     {"type": "business-metric", "metric": "conversion-rate", "threshold": 0.05}]},
        {"name": "all", "percentage": 100, "duration": "48h", "autoAdvance": false,
         "metrics": [metric("error-rate", 0.005, "2h")]},
    ]})
}

#[test]
fn pipeline_with_windows_becomes_a_plan() {
    let want = [
        "canary 1 % for 1h approvals 1",
        "early 10 % for 4h",
        "quarter 25 % for 1d",
        "all 100 % for 2d approvals 1",
    ];
    let plan = check(&pipeline(), &want);
    assert_eq!(plan.on_regression_in(&plan.stages[0]), OnRegression::Halt);
    assert_eq!(
        plan.on_regression_in(&plan.stages[2]),
        OnRegression::Rollback
    );
    let canary = &plan.stages[0].guardrails;
    assert_eq!(canary[0].window_ms, Some(15 * 60_000));
    let threshold = GuardrailTest::Threshold {
        metric: "latency-p99".to_owned(),
        max: 500.,
    };
    assert_eq!(canary[1].test, threshold);
    let fall = GuardrailTest::MustNotFall {
        outcome: "conversion-rate".to_owned(),
        by: 0.05,
    };
    assert_eq!(plan.stages[2].guardrails[2].test, fall);
    check(&pipeline()["stages"], &want);
}

#[test]
fn schedule_with_criteria_becomes_a_plan() {
    let schedule = |automatic: bool| {
        json!({
            "flagKey": "f",
            "stages": [
                {"percentage": 1, "duration": 3_600_000, "requiredApprovals": []},
                {"percentage": 50, "duration": 86_400_000, "requiredApprovals": ["product", "sre"]},
            ],
            "autoProgress": automatic,
            "successCriteria": {"errorRateThreshold": 0.01, "latencyP99Threshold": 500, "minimumSampleSize": 1000},
        })
    };
    let plan = check(
        &schedule(false),
        &[
            "stage 1 1 % for 1h approvals 1",
            "stage 2 50 % for 1d approvals 2 of product+sre",
        ],
    );
    assert_eq!(plan.minimum.units, 1000);
    assert_eq!(plan.on_regression, OnRegression::Rollback);
    assert_eq!(plan.on_no_data, OnNoData::Hold);
    assert_eq!(plan.guardrails.len(), 2);
    check(
        &schedule(true),
        &["stage 1 1 % for 1h", "stage 2 50 % for 1d"],
    );
}
