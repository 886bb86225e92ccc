//! `POST /webhook/slo-alert`: a breach of an objective takes the share of a flag to zero.
//!
//! Two payloads are read: `{"labels": {"flag_key": …}, "metric": "error_rate", "value": 0.02}`, and the webhook of
//! Alertmanager, version 4, whose alerts have the label `flag_key`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::control::access::Verb;
use crate::control::api::dialects::alert_ledger::AlertLedger;
use crate::control::api::dialects::call::Call;
use crate::control::api::dialects::call::parse_body;
use crate::control::api::dialects::rollout_routes;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::dialect::json_member::set_member;

/// The label that names the flag.
const FLAG_LABEL: &str = "flag_key";
/// The metric that takes a flag back, and its limit.
const METRIC: (&str, f64) = ("error_rate", 0.01);
/// The most alerts of a notification.
const MAX_ALERTS: usize = 1000;

type AlertLabels = BTreeMap<String, String>;

/// A notification in either format.
#[derive(Debug, Deserialize)]
struct Notification {
    #[serde(default)]
    labels: AlertLabels,
    metric: Option<String>,
    value: Option<f64>,
    alerts: Option<Vec<Alert>>,
}

/// An alert of Alertmanager.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: String,
    #[serde(default)]
    labels: AlertLabels,
    starts_at: Option<String>,
    fingerprint: Option<String>,
}

/// Takes back the flags of firing alerts.
pub async fn receive(
    call: Call,
    Extension(ledger): Extension<Arc<AlertLedger>>,
    body: Bytes,
) -> Result<Response, Problem> {
    call.parameters(&[])?;
    let notification: Notification = parse_body(&body)?;
    if let Some(alerts) = notification.alerts {
        return receive_alerts(&call, &ledger, alerts).await;
    }
    let (metric, limit) = METRIC;
    let value = notification.value.unwrap_or(0.0);
    let is_breach = notification.metric.as_deref() == Some(metric) && value > limit;
    let flag = known_flag(&call, &notification.labels).filter(|_| is_breach);
    let Some(flag) = flag else {
        return Ok(json_response(&json!({ "status": "ignored" })));
    };
    let reason = format!("{metric} {value} is above {limit}");
    let revision = roll_back(&call, flag, reason).await?;
    Ok(json_response(&json!({
        "status": "rolled_back",
        "flag": flag,
        "revision": revision,
    })))
}

async fn receive_alerts(
    call: &Call,
    ledger: &AlertLedger,
    alerts: Vec<Alert>,
) -> Result<Response, Problem> {
    if alerts.len() > MAX_ALERTS {
        let why = format!("at most {MAX_ALERTS} alerts are read");
        return Err(Problem::bad_request(why));
    }
    let (mut results, mut first) = (Vec::new(), None);
    for alert in alerts {
        let fingerprint = alert.fingerprint.clone();
        let rolled_back = receive_alert(call, ledger, alert).await?;
        first = first.or_else(|| rolled_back.clone());
        let status = status(rolled_back.is_some());
        results.push(json!({ "fingerprint": fingerprint, "status": status, "flag": rolled_back }));
    }
    let mut answer = json!({ "status": status(first.is_some()), "alerts": results });
    if let Some(flag) = first {
        set_member(&mut answer, "flag", Value::from(flag));
    }
    Ok(json_response(&answer))
}

fn status(is_rolled_back: bool) -> &'static str {
    if is_rolled_back {
        "rolled_back"
    } else {
        "ignored"
    }
}

/// Takes back the flag of an alert, and returns its key; `None` if there is nothing to do.
async fn receive_alert(
    call: &Call,
    ledger: &AlertLedger,
    alert: Alert,
) -> Result<Option<String>, Problem> {
    let Some(flag) = known_flag(call, &alert.labels).filter(|_| alert.status == "firing") else {
        return Ok(None);
    };
    let labels = || serde_json::to_string(&alert.labels).unwrap_or_default();
    let fingerprint = alert.fingerprint.clone().unwrap_or_else(labels);
    let since = alert.starts_at.as_deref().unwrap_or_default();
    let id = format!("{} {fingerprint} {since}", call.environment.name);
    if ledger.has(&id) {
        return Ok(None);
    }
    let name = alert.labels.get("alertname").map_or("alert", |name| name);
    roll_back(call, flag, format!("{name} is firing ({fingerprint})")).await?;
    ledger.add(id);
    Ok(Some(flag.to_owned()))
}

/// The flag that labels name, if there is such a flag.
fn known_flag<'l>(call: &Call, labels: &'l AlertLabels) -> Option<&'l str> {
    let key = labels.get(FLAG_LABEL)?;
    let revision = call.environment.revision();
    revision.snapshot.ruleset.flag(key)?;
    Some(key)
}

/// Sets the share to zero, and returns the revision.
async fn roll_back(call: &Call, key: &str, reason: String) -> Result<u64, Problem> {
    call.require(Verb::Write, key)?;
    // AlertLabels come from outside, and may be long.
    let reason: String = reason.chars().take(200).collect();
    let changed = rollout_routes::set_percentage(call, key, 0.0, None, Some(reason));
    Ok(changed.await??.after.number)
}
