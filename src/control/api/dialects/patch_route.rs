//! `PATCH /api/flags/{key}`: the share of a flag, and whether it is on.

use axum::extract::Path;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;

use crate::control::access::Verb;
use crate::control::api::dialects::call::Call;
use crate::control::api::dialects::call::parse_body;
use crate::control::api::dialects::rollout_routes;
use crate::control::api::dialects::shown_flag::FormatFamily;
use crate::control::api::dialects::shown_flag::ServiceFlag;
use crate::control::api::problem::Problem;
use crate::control::model::command::Command;

/// The members that can be changed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PatchBody {
    rollout_percentage: Option<f64>,
    enabled: Option<bool>,
    kill_switch: Option<bool>,
    reason: Option<String>,
}

impl PatchBody {
    fn is_off(&self) -> bool {
        self.enabled == Some(false) || self.kill_switch == Some(true)
    }

    /// Returns true if the flag is to be on. A patch to 0 % is a rollback, and does not end a kill.
    fn is_on(&self) -> bool {
        let is_asked = self.enabled == Some(true) || self.kill_switch == Some(false);
        is_asked && !self.is_off() && self.rollout_percentage != Some(0.0)
    }
}

/// Changes the share and the kill switch. A kill comes first and a restore last, so that no share is exposed between.
pub async fn change(call: Call, Path(key): Path<String>, body: Bytes) -> Result<Response, Problem> {
    call.parameters(&[])?;
    let body: PatchBody = parse_body(&body)?;
    if body.rollout_percentage.is_none() && !body.is_off() && !body.is_on() {
        let why = "nothing to change: write `rolloutPercentage`, `enabled` or `killSwitch`";
        return Err(Problem::bad_request(why));
    }
    let restores = body.is_on();
    let verb = match (body.rollout_percentage, restores) {
        (None, false) => Verb::Kill,
        _ => Verb::Write,
    };
    call.require(verb, &key)?;
    let reason = || body.reason.clone();
    if body.is_off() {
        call.change(Command::Kill(key.clone()), reason(), None)
            .await??;
    }
    if let Some(percentage) = body.rollout_percentage {
        rollout_routes::set_percentage(&call, &key, percentage, None, reason()).await??;
    }
    if restores {
        call.change(Command::Restore(key.clone()), reason(), None)
            .await??;
    }
    let status = call.environment.status();
    let shown = ServiceFlag::find(&status, &call.environment.name, &key, FormatFamily::Service)?;
    Ok(shown.response(StatusCode::OK))
}
