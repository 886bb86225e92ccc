//! The webhook of alerts.

use serde_json::Value;
use serde_json::json;

use crate::api::dialects::call;
use crate::api::dialects::ok;
use crate::api::program::Program;
use crate::api::program::Request;

const WEBHOOK: &str = "/webhook/slo-alert";

fn percentage(program: &Program) -> Value {
    ok(program, "GET", "/api/flags/search", "")["rolloutPercentage"].clone()
}

#[test]
fn s002_10_breach_rolls_back_and_anything_else_is_ignored() {
    let program = Program::start(&[]);
    let alert = |flag: &str, metric: &str, value: f64| {
        let body = json!({"labels": {"flag_key": flag}, "metric": metric, "value": value});
        ok(&program, "POST", WEBHOOK, &body.to_string())
    };
    for (flag, metric, value) in [
        ("other", "error_rate", 0.02),
        ("search", "p95", 0.02),
        ("search", "error_rate", 0.01),
    ] {
        assert_eq!(alert(flag, metric, value), json!({"status": "ignored"}));
    }
    assert_eq!(percentage(&program), json!(10));
    let answer = alert("search", "error_rate", 0.02);
    assert_eq!(
        (&answer["status"], &answer["flag"]),
        (&json!("rolled_back"), &json!("search"))
    );
    assert_eq!(percentage(&program), json!(0));
    let log = program.admin("GET", "/environments/prod/log?limit=1", "");
    let reason = log["events"][0]["reason"].as_str().unwrap().to_owned();
    assert_eq!(reason, "error_rate 0.02 is above 0.01");
}

#[test]
fn s002_10_alertmanager_notification_acts_once_per_fingerprint() {
    let program = Program::start(&[]);
    let notify = |status: &str, since: &str| {
        let alert = json!({
            "status": status, "labels": {"alertname": "SearchErrors", "flag_key": "search", "severity": "page"},
            "annotations": {"summary": "errors"}, "startsAt": since, "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus/graph", "fingerprint": "c2b5b3a1d2e4f607",
        });
        let body = json!({
            "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": status, "receiver": "fanion",
            "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://alertmanager",
            "alerts": [alert],
        });
        ok(&program, "POST", WEBHOOK, &body.to_string())["status"].clone()
    };
    assert_eq!(notify("resolved", "2026-06-01T08:00:00Z"), "ignored");
    assert_eq!(percentage(&program), json!(10));
    assert_eq!(notify("firing", "2026-06-01T08:00:00Z"), "rolled_back");
    assert_eq!(percentage(&program), json!(0));
    // A person raises the share; the alert is repeated, and then fires anew.
    ok(
        &program,
        "PATCH",
        "/v1/flags/search/rollout",
        r#"{"percentage": 3}"#,
    );
    assert_eq!(notify("firing", "2026-06-01T08:00:00Z"), "ignored");
    assert_eq!(percentage(&program), json!(3));
    assert_eq!(notify("firing", "2026-06-01T09:00:00Z"), "rolled_back");
    assert_eq!(percentage(&program), json!(0));
}

#[test]
fn s002_10_alert_without_a_token_or_a_grant_is_refused() {
    let program = Program::start(&[]);
    let body = r#"{"labels":{"flag_key":"search"},"metric":"error_rate","value":0.02}"#;
    let anonymous = program.send(&Request {
        method: "POST",
        path: "/webhook/slo-alert?environment=prod",
        token: None,
        headers: &[],
        body,
    });
    assert_eq!(anonymous.status, 401);
    let grant = json!({"verbs": ["read"], "environment": "prod"});
    let reader = json!({"name": "reader", "kind": "automation", "grants": [grant]});
    let (token, _) = program.make_token(&reader);
    let reader = program.send(&Request {
        method: "POST",
        path: "/webhook/slo-alert?environment=prod",
        token: Some(&token),
        headers: &[],
        body,
    });
    assert_eq!(reader.status, 403, "{}", reader.text);
    assert_eq!(percentage(&program), json!(10));
    let unknown = call(&program, "GET", "/api/flags/search?x=1", &[], "");
    assert_eq!(unknown.status, 400);
}
