//! Sets the share of a flag: `POST /api/flags/{key}/rollout` by stage, `PATCH /v1/flags/{key}/rollout` by percentage.

use axum::extract::Path;
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::control::access::Verb;
use crate::control::api::dialects::call::Call;
use crate::control::api::dialects::call::parse_body;
use crate::control::api::dialects::stage;
use crate::control::api::problem::Problem;
use crate::control::api::problem::json_response;
use crate::control::dialect::json_member::set_member;
use crate::control::dialect::view::number;
use crate::control::environment::Changed;
use crate::control::environment::EnvironmentStatus;
use crate::control::environment::error::ChangeError;
use crate::control::model::command::Command;
use crate::control::model::flag_state::RolloutOverride;
use crate::control::model::service_document::ServiceFormat;

/// The body of both routes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShareBody {
    stage: Option<String>,
    percentage: Option<f64>,
    rollout: Option<usize>,
    reason: Option<String>,
}

/// `POST /api/flags/{key}/rollout`: the share of a stage, or another percentage for it.
pub async fn set_stage(
    call: Call,
    Path(key): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let mut body: ShareBody = parse_body(&body)?;
    if let Some(name) = &body.stage {
        let share = stage::percentage(name)?;
        body.percentage.get_or_insert(share);
    }
    set(&call, &key, body).await
}

/// `PATCH /v1/flags/{key}/rollout`
pub async fn set_share(
    call: Call,
    Path(key): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    let body: ShareBody = parse_body(&body)?;
    if body.stage.is_some() {
        let why = "this path has no stages: write `percentage`";
        return Err(Problem::bad_request(why));
    }
    set(&call, &key, body).await
}

async fn set(call: &Call, key: &str, body: ShareBody) -> Result<Response, Problem> {
    call.parameters(&[])?;
    call.require(Verb::Write, key)?;
    let Some(percentage) = body.percentage else {
        let why = "write `percentage`, a number from 0 to 100, or `stage`";
        return Err(Problem::bad_request(why));
    };
    let changed = set_percentage(call, key, percentage, body.rollout, body.reason);
    let changed = changed.await??;
    let status = call.environment.status();
    let is_killed = status.state.flag(key).killed.is_some();
    let mut state = json!({
        "key": key,
        "flag": key,
        "percentage": number(percentage),
        "rolloutPercentage": number(percentage),
        "enabled": !is_killed,
        "killSwitch": is_killed,
        "revision": changed.after.number,
        "changed": changed.after.number != changed.before.number,
        "findings": changed.findings,
    });
    if let Some(stage) = body.stage {
        set_member(&mut state, "stage", Value::from(stage));
    }
    Ok(json_response(&state))
}

/// Sets the share of a flag. Of a document with rules by priority it is the share of the flag, not of a rule.
///
/// # Errors
/// If the reason is too long.
pub async fn set_percentage(
    call: &Call,
    key: &str,
    percentage: f64,
    rollout: Option<usize>,
    reason: Option<String>,
) -> Result<Result<Changed, ChangeError>, Problem> {
    let rollout = rollout.or_else(|| last_of_rules(&call.environment.status(), key));
    let command = Command::Set {
        key: key.to_owned(),
        rollout,
        reset: false,
        fields: RolloutOverride {
            percentage: Some(percentage),
            ..RolloutOverride::default()
        },
    };
    call.change(command, reason, None).await
}

/// The index of the rollout that stands for the percentage of a document with rules.
fn last_of_rules(status: &EnvironmentStatus, key: &str) -> Option<usize> {
    let document = status.state.documents.get(key)?;
    if document.format != ServiceFormat::DefinitionService {
        return None;
    }
    let flag = status.base.flag(key)?;
    flag.rollout_fields()?.rollouts.len().checked_sub(1)
}
