//! Diagnostics of invalid plans.

use fanion::analysis::lint::policy::LintPolicy;
use fanion::document::DocumentFormat;
use serde_json::Value;
use serde_json::json;

use crate::support::evaluate;
use crate::support::evaluate::rollout::diagnostics;
use crate::support::evaluate::rollout::rollout_document;
use crate::support::evaluate::rollout::variant;
use crate::support::lint::findings;

/// Plans, and the expected diagnostic.
const MISTAKES: &str = r#"
5 => F019: `rollout.plan` of flag `f` is a number (help: write it as an object
{} => `rollout.plan` of flag `f` has no stages (help: add `stages`, or `template: careful`)
{"template": "carefull"} => is `carefull`, which is not a template (help: did you mean `careful`?)
{"template": "ladder", "holds": "1h"} => unknown member `holds` in `rollout.plan` of flag `f` (help: did you mean `hold`?)
{"template": "ladder", "ramp": {}} => unknown member `ramp` in `rollout.plan`
{"template": "ladder", "hold": 5} => `hold` of flag `f` is the number 5, which has no unit (help: add a unit: `5m` or `5h`)
{"template": "ladder", "hold": "90"} => is `90`, which is not a duration (help: add a unit: `90m` or `90h`)
{"template": "ladder", "hold": "soon"} => is `soon`, which is not a duration (help: write whole numbers with units
{"template": "rings"} => uses the template `rings`, but the document has no rings
{"template": "regions"} => uses the template `regions`, but names no regions
{"stages": []} => `rollout.plan.stages` of flag `f` is empty
{"stages": [{"name": "a", "percentage": 10}, {"name": "b", "percentage": 5}]} => has a stage `b` that lowers the percentage from 10 % to 5 % (help: stages grow
{"stages": [{"name": "a", "percentage": 1}, {"name": "a", "percentage": 5}]} => has two stages named `a`
{"stages": [{"name": "a", "rings": ["x"]}, {"name": "b", "rings": ["y"], "percentage": 5}]} => has a stage `b` without the ring `x` of the stage before (help: add `x`
{"stages": [{"regions": [{"region": "eu", "percentage": 9}]}, {"regions": [{"region": "eu", "percentage": 5}]}]} => lowers the share of region `eu` from 9 % to 5 %
{"stages": [{"percentage": 9}, {"regions": [{"region": "eu", "percentage": 5}]}]} => lowers the share of region `eu` from 9 % to 5 %
{"stages": [{"percentage": 5}, {"hold": "2h"}]} => F023: `rollout.plan.stages` of flag `f` has a stage `stage 2` with the exposure of the stage before
{"stages": [{"percentage": 101}]} => `percentage` of flag `f` is 101
{"stages": [{"percentage": 5, "advance": "auto", "approvals": 2}]} => requires approvals, but has `advance: auto`
{"stages": [{"percentage": 5, "approvals": 0}]} => `approvals` of flag `f` is 0
{"stages": [{"percentage": 5, "advance": "automatic"}]} => is `automatic`, which is unknown (help: write one of: manual, auto)
{"stages": [{"percentage": 0, "units": 5}, {"percentage": 5}]} => has a stage `stage 1` at 0 % with `units`, which can never be met
{"stages": [{"variant": "onn"}]} => F013: `variant` of flag `f` names `onn`, which is not a variant
{"template": "ladder", "guardrails": [{"outcome": "e"}]} => `guardrails` of flag `f` has an item without `name`
{"template": "ladder", "guardrails": [{"name": "e"}]} => has an item `e` without a measurement (help: add `outcome`
{"template": "ladder", "guardrails": [{"name": "e", "metric": "m"}]} => has an item `e` without a limit (help: add `max`
{"template": "ladder", "guardrails": [{"name": "e", "kind": "ratio", "bad": "x", "max": 1}]} => has an item `e` without counters
{"template": "ladder", "guardrails": [{"name": "e", "histogram": "h", "max": 1}]} => without a histogram or a threshold
{"template": "ladder", "guardrails": [{"name": "e", "outcome": "o", "noWorseThan": "control", "mustNotFall": 0.1}]} => with both `noWorseThan` and `mustNotFall`
{"template": "ladder", "guardrails": [{"name": "e", "outcome": "o"}, {"name": "e", "outcome": "p"}]} => has two guardrails named `e`
{"stages": [{"percentage": 100}], "guardrails": [{"name": "e", "outcome": "o"}]} => has an item `e` that can never be measured (help: add a stage between 0 and 100 %
{"stages": [{"rings": ["x"]}], "guardrails": [{"name": "e", "metric": "o", "max": 1}]} => has an item `e` that can never be measured (help: add a stage above 0 %
{"template": "ladder", "alpha": 0} => `alpha` of flag `f` is 0
{"template": "ladder", "onRegression": "roll-back"} => is `roll-back`, which is unknown (help: did you mean `rollback`?)
{"template": "ladder", "whileBlind": {"then": "safe"}} => `whileBlind` of flag `f` has no `lease`
{"template": "ladder", "whileBlind": {"lease": "30s"}} => has a lease below a minute
{"template": "ladder", "rollback": {"how": "gradual", "steps": [50, 80, 0]}} => `rollback.steps` of flag `f` does not fall to 0
{"template": "ladder", "rollback": {"how": "gradual", "steps": [50]}} => does not fall to 0
{"template": "ladder", "rollback": {"how": "zero", "every": "5m"}} => has steps, but is not gradual
{"template": "ladder", "windows": [{"from": "17:00", "to": "09:00"}]} => has a `from` that is not before `to` (help: write two windows
{"template": "ladder", "windows": [{"days": ["monday"]}]} => is `monday`, which is unknown
{"template": "ladder", "windows": [{"days": []}]} => `windows.days` of flag `f` names no day
{"template": "ladder", "windows": [{"from": "9"}]} => is `9`, which is not a time of day
{"template": "ladder", "windows": [{"offset": "CET"}]} => is `CET`, which is not an offset from UTC
{"stages": [{"percentage": 5, "duration": "1h", "metrics": [{"type": "error-rate"}]}]} => `metrics` of flag `f` has an item without `type` or `threshold`
{"flagKey": "g", "stages": [{"percentage": 5, "duration": 5}]} => `flagKey` of flag `f` is `g`, which is another flag
{"stages": [{"percentage": 5, "duration": -5}]} => `duration` of flag `f` is not a duration (help: write milliseconds
"#;

fn planned(plan: &Value) -> Value {
    json!({"rollout": {"variant": "on", "percentage": 25, "plan": plan}})
}

#[test]
fn invalid_plans_are_located_and_harm_no_evaluation() {
    for line in MISTAKES.trim().lines() {
        let (plan, want) = line.split_once(" => ").expect("a row");
        let members = planned(&serde_json::from_str(plan).expect("JSON"));
        let told = diagnostics(&members);
        assert!(
            told.iter().any(|line| line.contains(want)),
            "no `{want}` in {told:#?}"
        );
        assert!(
            told.iter().all(|line| line.starts_with("flags.yaml:1:")),
            "{told:#?}"
        );
        // One mistake, one diagnostic.
        assert_eq!(told.len(), 1, "{told:#?}");
        let document = rollout_document(&members).to_string();
        let (ruleset, _) = evaluate::load(&document, DocumentFormat::Json);
        let answers = ["user-1", "user-2", "user-3", "user-4", "user-5", "user-6"];
        for user in answers {
            let context = json!({ "targetingKey": user });
            let answer = variant(&ruleset, &context);
            if !want.contains("F013") {
                assert!(["on", "off"].contains(&&*answer), "{answer}");
            }
        }
    }
}

#[test]
fn huge_plans_are_refused_in_bounded_time() {
    let stages: Vec<Value> = (0..20_000).map(|_| json!({"percentage": 5})).collect();
    let told = diagnostics(&planned(&json!({ "stages": stages }))).join("\n");
    assert!(
        told.contains(
            "`rollout.plan.stages` of flag `f` has 20000 items (help: write at most 100)"
        ),
        "{told:.300}"
    );
    let guardrails: Vec<Value> = (0..20_000)
        .map(|at| json!({"name": at.to_string(), "metric": "m", "max": 1}))
        .collect();
    let told = diagnostics(&planned(
        &json!({"template": "ladder", "guardrails": guardrails}),
    ))
    .join("\n");
    assert!(told.contains("has 20000 items"), "{told:.300}");
    let regions: Vec<String> = (0..5000).map(|at| format!("region-{at}")).collect();
    let told = diagnostics(&planned(
        &json!({"template": "regions", "regions": regions}),
    ))
    .join("\n");
    assert!(
        told.contains("has 5000 names of rings or regions"),
        "{told:.300}"
    );
    let ring = "x".repeat(200_000);
    let stages: Vec<Value> = (1..100)
        .map(|percent| json!({"percentage": percent}))
        .collect();
    let rollout = json!({"rings": [ring], "variant": "on", "plan": stages});
    let told = diagnostics(&json!({ "rollout": rollout })).join("\n");
    assert!(
        told.contains("has too many names of rings and regions"),
        "{told:.300}"
    );
}

#[test]
fn ramp_beside_a_gated_plan_is_refused() {
    let ramp = json!({"from": "2026-06-01", "to": "2026-06-08"});
    let told = |plan: Value| {
        diagnostics(&json!({"rollout": {"variant": "on", "ramp": ramp, "plan": plan}})).join("\n")
    };
    let guardrails = json!([{"name": "errors", "outcome": "app.error"}]);
    let refused = told(json!({"template": "ladder", "guardrails": guardrails}));
    assert!(
        refused.contains("F019: `rollout.plan` of flag `f` stands beside a `ramp`, which grows by the clock alone"),
        "{refused}"
    );
    assert!(
        told(json!({"template": "ladder"}))
            .contains("F023: `rollout.ramp` of flag `f` ends when the plan starts")
    );
}

#[test]
fn ungated_ramp_is_linted_and_reverse_ramp_is_not() {
    let file = |rollout: &str| {
        format!(
            "flags:\n  f:\n    state: ENABLED\n    variants: {{ 'on': true, 'off': false }}\n    defaultVariant: 'off'\n    rollout: {rollout}\n"
        )
    };
    let told = |rollout: &str| findings(&file(rollout), &LintPolicy::default()).join("\n");
    let ramp = "{ variant: 'on', ramp: { from: 2026-06-01, to: 2026-06-08 } }";
    assert!(told(ramp).contains("F125"), "{}", told(ramp));
    let reverse = "{ variant: 'on', ramp: { from: 2026-06-01, to: 2026-06-08, reverse: true } }";
    assert_eq!(told(reverse), "");
    let plan = "{ variant: 'on', plan: { template: linear } }";
    assert_eq!(told(plan), "");
}
